"""Serves the built page from the disk."""
