"""What FFmpeg may do while it reads a stranger's file: a policy, and the kernel's means for it."""
