"""The control process: sends hints and events, recovers lost work, cleans up and counts."""
