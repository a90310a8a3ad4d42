"""What a measure raises when it cannot be made."""


class MeasureError(Exception):
    """A measure could not be made; the message is one sentence for a person."""
