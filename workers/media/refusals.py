"""The words for what cannot be taken: what it is, and what would help."""

from core.errors import Failure
from core.model.failure_codes import FailureCode
from workers.media.info import UNKNOWN_CODEC

# Pictures are taken by their names.
_ENDINGS = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


def unsupported_format(name: str | None) -> Failure:
    """Refuse a file of a type that FFmpeg names, perhaps by several names with commas."""
    word = name and name.split(",")[0].removesuffix("_pipe")
    if ending := _ENDINGS.get(word or ""):
        return Failure(
            FailureCode.UNSUPPORTED_FORMAT,
            f"The file is a picture ({word}), and its name is not that of one. "
            f"Give it the ending {ending} and upload it again.",
        )
    what = f"Files of the type {word} are" if word else "This file type is"
    return Failure(
        FailureCode.UNSUPPORTED_FORMAT,
        f"{what} not supported. Export the film as MP4 and upload it again.",
    )


def unsupported_codec(
    name: str | None, kind: str = "codec", export: str = "the film as H.264 with AAC"
) -> Failure:
    """Refuse a codec that FFmpeg names."""
    what = f"{kind} of the file" if name in (None, UNKNOWN_CODEC) else f"{kind} {name}"
    return Failure(
        FailureCode.UNSUPPORTED_CODEC,
        f"The {what} is not supported. Export {export} and upload it again.",
    )
