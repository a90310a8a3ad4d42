"""The control process: sends tasks, recovers lost work, cleans up and counts."""
