"""What a request for a file of the page accepts, and has already. Pure."""

import re

_REFUSED = re.compile(r"q=0(\.0*)?")


def accepted(header: str) -> frozenset[str]:
    """Return what an `Accept` or `Accept-Encoding` header lists and does not refuse by `q=0`."""
    found = set()
    for item in header.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        if name and not any(_REFUSED.fullmatch(parameter) for parameter in parameters):
            found.add(name)
    return frozenset(found)


def is_held(if_none_match: str, etag: str) -> bool:
    """Say whether an `If-None-Match` header names what would be sent (RFC 9110, 13.1.2)."""
    held = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in held or etag in held
