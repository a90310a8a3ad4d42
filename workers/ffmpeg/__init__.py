"""The only place that knows FFmpeg: its flags, its progress lines and its errors."""
