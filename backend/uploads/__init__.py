"""Multipart uploads straight to S3."""
