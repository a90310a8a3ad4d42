"""The texts of a film as players are told of them. Pure."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any
from xml.etree import ElementTree as ET

from backend.playback.film import Film
from backend.playback.labels import labels_of, language_of
from core.model.states import TextKind

MEDIA_TYPE = "text/vtt"
GROUP = "text"
_ROLE = "urn:mpeg:dash:role:2011"
_BITS_PER_SECOND = 1_000  # DASH wants to know; of much talk


@dataclass(frozen=True)
class Text:
    """Captions or subtitles, or the chapters."""

    id: uuid.UUID
    kind: TextKind
    language: str | None
    title: str | None
    is_default: bool = False
    is_forced: bool = False
    role: None = None


@dataclass(frozen=True)
class Texts:
    """What there is of texts beside one job's film.

    Attributes:
        subtitles: in the order in which they are offered; one at most is the default.
        has_chapters: whether there are chapters.
        duration: of the film, in seconds, as its file says; None where that is not known.
    """

    subtitles: Sequence[Text] = ()
    has_chapters: bool = False
    duration: float | None = field(default=None)


def offered(found: Sequence[Text], duration: float | None) -> Texts:
    """Return texts as they are offered: in their order, the first default alone."""
    subtitles = [text for text in found if text.kind is TextKind.SUBTITLES]
    chosen = next((text.id for text in subtitles if text.is_default), None)
    return Texts(
        [replace(text, is_default=text.id == chosen) for text in subtitles],
        any(text.kind is TextKind.CHAPTERS for text in found),
        duration,
    )


def renditions(texts: Sequence[Text]) -> list[str]:
    """Return the lines of HLS that offer texts."""
    return [
        "#EXT-X-MEDIA:"
        + ",".join(
            [
                "TYPE=SUBTITLES",
                f'GROUP-ID="{GROUP}"',
                f'NAME="{label}"',
                *([f'LANGUAGE="{language}"'] if (language := language_of(text)) else ()),
                f"DEFAULT={'YES' if text.is_default else 'NO'}",
                "AUTOSELECT=YES",
                f"FORCED={'YES' if text.is_forced else 'NO'}",
                f'URI="{text.id}.m3u8"',
            ]
        )
        for text, label in zip(texts, labels_of(texts, "Captions"), strict=True)
    ]


def media(film: Film, texts: Texts, text: Text) -> str:
    """Return the HLS list of a text: one file that lasts as long as the film.

    It is complete from its beginning on, also while the film grows. Such a list alone need not have
    the target duration of the others (RFC 8216bis section 6.2.1).
    """
    lasts = max((track.end for track in film.tracks), default=Fraction(0))
    if film.finished_at is None:
        lasts = max(lasts, Fraction(texts.duration or 0))
    micro = max(1, floor(lasts * 1_000_000))
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(1, ceil(lasts))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f"#EXTINF:{micro // 1_000_000}.{micro % 1_000_000:06},",
        f"{text.id}.vtt",
        "#EXT-X-ENDLIST",
    ]
    return "\n".join([*lines, ""])


def describe(period: ET.Element, texts: Sequence[Text]) -> None:
    """Add texts to the period of a DASH manifest, each as one file."""
    for text, label in zip(texts, labels_of(texts, "Captions"), strict=True):
        language = language_of(text)
        fields: dict[str, Any] = {"contentType": "text", "mimeType": MEDIA_TYPE}
        one = ET.SubElement(
            period, "AdaptationSet", fields | ({"lang": language} if language else {})
        )
        roles = ["forced-subtitle" if text.is_forced else "subtitle"]
        roles += ["main"] if text.is_default else []
        for role in roles:
            ET.SubElement(one, "Role", {"schemeIdUri": _ROLE, "value": role})
        ET.SubElement(one, "Label").text = label
        file = {"id": str(text.id), "bandwidth": str(_BITS_PER_SECOND)}
        ET.SubElement(ET.SubElement(one, "Representation", file), "BaseURL").text = f"{text.id}.vtt"
