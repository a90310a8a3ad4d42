"""The operations on a video: one file each."""
