"""What can be asked of a video: one file for each operation."""
