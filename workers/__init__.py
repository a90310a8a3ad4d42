"""The transcoding service."""
