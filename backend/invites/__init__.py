"""Who may make an account where not everybody may."""
