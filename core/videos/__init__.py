"""Videos: writes to their rows, and deletion."""
