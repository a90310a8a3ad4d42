"""What the user sees of a video."""
