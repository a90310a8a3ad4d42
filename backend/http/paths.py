"""What follows from the address of a request: how it is written down, what it may bring. Pure."""

import re

OPEN = "/v1/playback/"  # what follows is a token: the routes of `backend/playback` need no more
SHARES = "/v1/shares/"  # the same for `backend/shares`
EMBED = "/embed/"
OEMBED = "/v1/oembed"
# Any page may ask these, and read what they answer, errors too: the setting of allowed origins does
# not concern them.
FOR_ANY_PAGE = (OPEN, SHARES, EMBED, OEMBED)
# No cookie and no other credential is looked at there, so that a foreign page learns only what it
# could fetch by itself. A redirect from one origin to another makes a browser's `Origin` `null`:
# nothing but `*` would let it through.
READABLE = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Content-Length, Content-Range, Retry-After, X-Request-ID"),
]
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
_MASK = "***"
_MOST_BODY = 1024 * 1024  # bytes; files never pass through here
# But captions do: 1 MiB, and as JSON what is not ASCII may take three times as much.
_MOST_CAPTIONS = 3 * 1024 * 1024
_CAPTIONS = re.compile(r"/v1/videos/[^/]+/tracks(/[^/]+)?")


def most_body(path: str) -> int:
    """Return how large a body may be that is sent to a path, in bytes."""
    return _MOST_CAPTIONS if _CAPTIONS.fullmatch(path) else _MOST_BODY


def shown(path: str) -> str:
    """Return a path without the token that it may have."""
    for place in (OPEN, SHARES, EMBED):
        if path.startswith(place):
            _, slash, rest = path.removeprefix(place).partition("/")
            return f"{place}{_MASK}{slash}{rest}"
    return path
