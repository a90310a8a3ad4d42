"""Names of tracks as players show them. Pure."""

import re
from collections.abc import Sequence
from itertools import chain, count
from typing import Protocol

_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+')
# The plain ones end a name; and to some readers of lists a single one begins another.
_QUOTES = {ord('"'): "\N{RIGHT DOUBLE QUOTATION MARK}", ord("'"): "\N{RIGHT SINGLE QUOTATION MARK}"}
_MOST = 80  # characters
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


class Named(Protocol):
    """What has a title and a language: a sound, a text."""

    @property
    def title(self) -> str | None:
        """What its file or somebody calls it."""

    @property
    def language(self) -> str | None:
        """As its file says, or BCP 47."""

    @property
    def role(self) -> str | None:
        """What it is for, where that is not the usual."""


def labels_of(tracks: Sequence[Named], kind: str = "Sound") -> list[str]:
    """Return a name for each track, each another one; `kind` and a number where it has none.

    Titles come from files of unknown people: what would end a quoted string, or is no text, is
    left out.
    """
    found: list[str] = []
    for number, track in enumerate(tracks, 1):
        # What it is for tells apart two of the same language.
        purpose = f", {track.role.replace('-', ' ')}" if track.role else ""
        said = language_of(track) or f"{kind} {number}"
        wanted = _clean(track.title or "") or said + purpose
        others = (f"{wanted} ({other})" for other in count(number))
        found.append(next(each for each in chain([wanted], others) if each not in found))
    return found


def language_of(track: Named) -> str | None:
    """Return the language of a track, if it is written as BCP 47 has it and says something."""
    language = track.language or ""
    return language if _LANGUAGE.fullmatch(language) and language != "und" else None


def _clean(text: str) -> str:
    return " ".join(_UNSAFE.sub(" ", text.translate(_QUOTES)).split())[:_MOST].strip()
