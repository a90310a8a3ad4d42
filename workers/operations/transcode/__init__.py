"""Transcode: makes the MP4 renditions of a video or of sound alone, and the poster.

`tasks` has its tasks. `encoding` runs FFmpeg, `completing` checks its outputs and stores them.
`doubt` says whether the source must be read once more, `unread` what of it could not be read, and
`source_end` what lies behind its end.
"""
