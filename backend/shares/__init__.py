"""Links at which whoever has them can watch one video: as a page, in a page, or by a player."""
