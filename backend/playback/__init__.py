"""Watching a film: tokens, playlists, and the way from a segment to its bytes."""
