"""Jobs of videos."""
