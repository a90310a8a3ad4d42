"""The modules of the product and the arrows between them, as a picture."""
