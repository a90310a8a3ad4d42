"""How a source reaches FFmpeg: through a pipe as it arrives, or fetched whole."""
