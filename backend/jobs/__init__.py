"""What was asked of videos."""
