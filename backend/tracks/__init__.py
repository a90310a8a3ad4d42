"""Text tracks: captions and subtitles that people add to their videos."""
