"""The text of a cue: only bold, italic and underlined stay; all else is plain text. Pure.

Texts come from unknown people, and players of other houses show them too. So what comes out is
written anew from what was understood: nothing of the markup that came in is passed on.
"""

import re

_KEPT = frozenset("biu")
# What WebVTT, SRT and players around them know. Its text stays, without it.
_KNOWN = re.compile(
    r"<(/?)(b|i|u|c|v|lang|ruby|rt|font|s)(?:[.\s][^<>]*)?>|<\d[\d:.]*>", re.IGNORECASE
)
# Of SubStation Alpha, which SRT files often hold: `{\an8}`.
_OVERRIDES = re.compile(r"\{\\[^{}]*\}")
_ENTITIES = {
    "amp": "&", "lt": "<", "gt": ">", "nbsp": "\u00a0", "lrm": "\u200e", "rlm": "\u200f",
    "quot": '"', "#39": "'", "apos": "'",
}  # fmt: skip
_ENTITY = re.compile(r"&(amp|lt|gt|nbsp|lrm|rlm|quot|apos|#39);")
# They show nothing, and some readers end a text at them.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_UNSAFE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def clean(lines: list[str]) -> str:
    """Return the lines of a cue as clean cue text of WebVTT; nothing if there is none to see.

    Each `<b>`, `<i>` and `<u>` has its end in it, in the right order. No line is empty.
    """
    text = _OVERRIDES.sub("", "\n".join(lines))
    out: list[str] = []
    opened: list[str] = []
    at = 0
    for tag in _KNOWN.finditer(text):
        out.append(_plain(text[at : tag.start()]))
        at = tag.end()
        closing, name = tag[1], (tag[2] or "").lower()
        if name not in _KEPT:
            continue
        if not closing and name not in opened:
            opened.append(name)
            out.append(f"<{name}>")
        elif closing and name in opened:
            out += _close(opened, name)
    out.append(_plain(text[at:]))
    out += [f"</{name}>" for name in reversed(opened)]
    shown = [line.strip() for line in "".join(out).split("\n")]
    whole = "\n".join(line for line in shown if line)
    return whole if re.sub(r"</?[biu]>|\s", "", whole) else ""


def _close(opened: list[str], name: str) -> list[str]:
    """End a tag, and those within it; these begin again behind it."""
    inner = opened[opened.index(name) + 1 :]
    ended = [*reversed(inner), name]
    opened.remove(name)
    return [*(f"</{each}>" for each in ended), *(f"<{each}>" for each in inner)]


def _plain(text: str) -> str:
    """Return text as WebVTT writes it; what stands for a character is that character first."""
    told = _ENTITY.sub(lambda found: _ENTITIES[found[1]], text)
    return _CONTROL.sub("", told.replace("\t", " ")).translate(_UNSAFE)
