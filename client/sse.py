"""Server-sent events (WHATWG HTML, section 9.2): from bytes to events. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

COMMENT = ":"  # no event has this name: a field's name ends at the first colon


@dataclass(frozen=True)
class ServerEvent:
    """One event, or a comment by the name of COMMENT; `id` is the last one that was named."""

    name: str
    data: str
    id: str | None = None


def lines_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """Cut a stream at CR, LF or CRLF, wherever the chunks end; an unfinished line is dropped."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        # The LF of a CRLF may still be on its way.
        whole = rest[:-1] if rest.endswith(b"\r") else rest
        lines = whole.splitlines(keepends=True)
        tail = rest[len(whole) :]
        if lines and not lines[-1].endswith((b"\n", b"\r")):
            tail = lines.pop() + tail
        rest = tail
        for line in lines:
            yield line.rstrip(b"\r\n").decode("utf-8", "replace")


def events_of(lines: Iterable[str]) -> Iterator[ServerEvent]:
    """Put lines together to events; events without data are left out.

    A comment, which servers send to show that they are there, is told as it comes.
    """
    name, data, last_id = "", list[str](), None
    for line in lines:
        if not line:
            if data:
                yield ServerEvent(name or "message", "\n".join(data), last_id)
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not field:
            yield ServerEvent(COMMENT, value, last_id)
        elif field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last_id = value
