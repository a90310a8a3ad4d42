"""Measures a film by its decoded pictures and samples."""
