"""Which pages may use the deployment."""

import re

# Scheme, host and port are all that an origin is; a wildcard would let in anybody's page.
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d+)?", re.IGNORECASE)


def read_origins(text: str) -> tuple[str, ...]:
    """Split a comma list of page origins.

    Raises:
        ValueError: one is no whole origin; the message is one sentence for the operator.
    """
    origins = tuple(item.strip() for item in text.split(",") if item.strip())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"The origin {origin!r} must look like https://films.example, without * or path."
            )
    return origins
