"""The sandbox of FFmpeg: what it may do, and how the kernel enforces it."""
