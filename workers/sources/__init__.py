"""How the bytes of a source reach FFmpeg: through a pipe as they arrive, or fetched whole."""
