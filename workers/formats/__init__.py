"""The structure of video files, and whether a pipe can carry them: pure functions, no I/O."""
