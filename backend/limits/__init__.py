"""What may be uploaded here."""
