"""The life of a video."""
