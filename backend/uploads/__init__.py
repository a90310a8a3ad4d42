"""Multipart uploads directly to S3."""
