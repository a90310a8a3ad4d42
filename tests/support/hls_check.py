"""A strict reader of HLS playlists: what RFC 8216 asks of those that we write."""

import re
from dataclasses import dataclass
from fractions import Fraction

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s][^",]*)(?:,|$)')
_EXTINF = re.compile(r"#EXTINF:(\d+\.\d{6}),")
_RANGE = re.compile(r"(\d+)@(\d+)")


@dataclass(frozen=True)
class Part:
    """A segment of a list: seconds and bytes."""

    seconds: Fraction
    size: int
    offset: int
    address: str


@dataclass(frozen=True)
class MediaList:
    """What a media playlist says."""

    target: int
    kind: str
    init: tuple[str, int, int]  # its address, where it begins there, and its size
    parts: tuple[Part, ...]
    ended: bool
    from_the_beginning: bool


@dataclass(frozen=True)
class Variant:
    """A variant of a multivariant playlist."""

    address: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Multivariant:
    """What a multivariant playlist says."""

    renditions: tuple[dict[str, str], ...]
    variants: tuple[Variant, ...]
    from_the_beginning: bool


def attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag; each at most once, and nothing beside them."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _ATTRIBUTE.match(text, at)
        assert match, text[at:]
        assert match[1] not in found, match[1]
        found[match[1]] = match[2].strip('"')
        at = match.end()
    return found


def _lines(text: str) -> list[str]:
    assert text.endswith("\n")
    lines = text.removesuffix("\n").split("\n")
    assert lines[0] == "#EXTM3U"
    assert lines[1] == "#EXT-X-VERSION:7"
    assert all(line and line == line.strip() for line in lines)
    return lines[2:]


def read_multivariant(text: str) -> Multivariant:
    """Read a multivariant playlist."""
    lines = _lines(text)
    assert lines.pop(0) == "#EXT-X-INDEPENDENT-SEGMENTS"
    start = bool(lines) and lines[0] == "#EXT-X-START:TIME-OFFSET=0"
    lines = lines[start:]
    renditions, variants = [], []
    while lines:
        tag, _, rest = lines.pop(0).partition(":")
        if tag == "#EXT-X-MEDIA":
            renditions.append(attributes(rest))
            continue
        assert tag == "#EXT-X-STREAM-INF", tag
        variants.append(Variant(lines.pop(0), attributes(rest)))
    groups: set[str | None] = {item["GROUP-ID"] for item in renditions}
    names = [(item["GROUP-ID"], item["NAME"]) for item in renditions]
    assert len(set(names)) == len(names)
    assert sum(item["DEFAULT"] == "YES" for item in renditions) == len(groups)
    for variant in variants:
        assert variant.fields.get("AUDIO") in (groups or {None})
        assert int(variant.fields["BANDWIDTH"]) >= int(
            variant.fields.get("AVERAGE-BANDWIDTH", variant.fields["BANDWIDTH"])
        )
    assert variants
    return Multivariant(tuple(renditions), tuple(variants), start)


def read_media(text: str) -> MediaList:
    """Read a media playlist."""
    lines = _lines(text)
    head = dict(line.partition(":")[::2] for line in lines[:4])
    assert list(head) == [
        "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-PLAYLIST-TYPE",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]  # fmt: skip
    lines = lines[4:]
    start = lines[0] == "#EXT-X-START:TIME-OFFSET=0"
    lines = lines[start:]
    tag, _, rest = lines.pop(0).partition(":")
    assert tag == "#EXT-X-MAP"
    fields = attributes(rest)
    size, offset = map(int, fields["BYTERANGE"].split("@"))
    ended = bool(lines) and lines[-1] == "#EXT-X-ENDLIST"
    lines = lines[: len(lines) - ended]
    assert len(lines) % 3 == 0
    parts = []
    for at in range(0, len(lines), 3):
        time, place = _EXTINF.fullmatch(lines[at]), lines[at + 1].partition(":")
        assert time, lines[at]
        assert place[0] == "#EXT-X-BYTERANGE"
        found = _RANGE.fullmatch(place[2])
        assert found
        parts.append(Part(Fraction(time[1]), int(found[1]), int(found[2]), lines[at + 2]))
    target = int(head["#EXT-X-TARGETDURATION"])
    assert all(int(part.seconds + Fraction(1, 2)) <= target for part in parts)
    assert head["#EXT-X-MEDIA-SEQUENCE"] == "0"
    return MediaList(
        target=target,
        kind=head["#EXT-X-PLAYLIST-TYPE"],
        init=(fields["URI"], offset, size),
        parts=tuple(parts),
        ended=ended,
        from_the_beginning=start,
    )
