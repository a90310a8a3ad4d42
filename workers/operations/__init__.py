"""The operations on a video: one file or package each."""
