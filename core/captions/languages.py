"""Tags of languages (BCP 47, RFC 5646). Pure."""

import re

MOST_CHARS = 35
# Language, script, region, variants, extensions, private use. No language has four letters or more
# (yet): who writes `german` should learn that it is no tag.
_TAG = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)


def tag_of(text: str) -> str | None:
    """Return a tag as it is usually written, such as `pt-BR` or `zh-Hant`; None if it is none."""
    if len(text) > MOST_CHARS or not text.isascii() or _TAG.fullmatch(text) is None:
        return None
    first, *others = text.split("-")
    written, single = [first.lower()], False
    for part in others:
        single = single or len(part) == 1
        if not single and len(part) == 2:
            written.append(part.upper())
        elif not single and len(part) == 4 and part.isalpha():
            written.append(part.title())
        else:
            written.append(part.lower())
    return "-".join(written)
