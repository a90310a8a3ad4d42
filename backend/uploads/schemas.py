"""Bodies of the upload calls."""

from datetime import datetime
from typing import Annotated
from unicodedata import category
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.model.states import UploadState
from core.uploads.multipart import MAX_PARTS

# They set the direction of the text after them too: a page would show that reversed. Joiners and
# the marks of one place (U+200E, U+200F, U+061C) belong to real names.
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x2070)])
_UNSEEN = frozenset({"Cf", "Mn", "Me", "Zs", "Zl", "Zp"})
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a symbol that look like spaces
# Nothing by themselves. Other format characters end an emoji, such as the flag of Scotland.
_NOTHING = "\u00ad\u180e\u200b\u200c\u200d\u2060\ufeff"


def is_visible(text: str) -> bool:
    """Tell whether a person would see anything of a text."""
    return any(category(char) not in _UNSEEN and char not in _BLANKS for char in text)


def _plain_text(value: str) -> str:
    if any(category(char) in ("Cc", "Cs") for char in value):
        raise ValueError("has a control character")
    plain = value.translate(_DIRECTIONS).strip()
    if not is_visible(plain):
        raise ValueError("has no visible character")
    return plain


def _without_blank_ends(text: str) -> str:
    seen = [number for number, char in enumerate(text) if not _is_blank(char)]
    return text[seen[0] : seen[-1] + 1] if seen else ""


def _is_blank(char: str) -> bool:
    return char.isspace() or char in _BLANKS or char in _NOTHING


def _not_empty(size: object) -> object:
    if type(size) is int and size == 0:
        raise ValueError("The file is empty. Choose another one.")
    return size


Text = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        description="It needs a visible character. Characters that set the direction of the text "
        "(U+202A to U+202E, U+2066 to U+206F) are removed.",
    ),
    AfterValidator(_plain_text),
]
Title = Annotated[
    Text, AfterValidator(_without_blank_ends), Field(examples=["The harbour at dawn"])
]
PartNumber = Annotated[int, Field(ge=1, le=MAX_PARTS, examples=[1])]


class NewUpload(BaseModel):
    """A file that is to be uploaded; `size` in bytes."""

    filename: Annotated[Text, Field(examples=["harbour.mov"])]
    size: Annotated[
        int, Field(gt=0, lt=2**63, strict=True, examples=[734003200]), BeforeValidator(_not_empty)
    ]
    content_type: Annotated[str, Field(max_length=255)] | None = Field(
        None, description="A hint only: the content of the file decides."
    )
    title: Title | None = None


class HeldPart(BaseModel):
    """A part that S3 has; `size` in bytes."""

    part_number: int
    size: int
    etag: str


class UploadItem(BaseModel):
    """A multipart upload; sizes in bytes."""

    id: UUID
    video_id: UUID
    filename: str
    size: int
    part_size: int = Field(examples=[8388608])
    part_count: int = Field(examples=[88])
    state: UploadState
    expires_at: datetime
    created_at: datetime


class UploadWithParts(UploadItem):
    """A multipart upload and its parts in S3. A client needs them to resume."""

    parts: list[HeldPart]


class PartsRequest(BaseModel):
    """The parts that the client sends next."""

    part_numbers: Annotated[
        list[PartNumber], Field(min_length=1, max_length=1000, examples=[[1, 2, 3]])
    ]


class SignedPart(BaseModel):
    """Where to PUT a part of exactly `size` bytes, until `expires_at`."""

    model_config = ConfigDict(frozen=True)

    part_number: int
    size: int
    url: str
    expires_at: datetime


class SignedParts(BaseModel):
    """One signed URL for each part that was asked for."""

    parts: list[SignedPart]


class NamedPart(BaseModel):
    """A part that the client sent, with the ETag from S3."""

    part_number: PartNumber
    etag: Annotated[
        str, Field(min_length=1, max_length=200, examples=['"9bb58f26192e4ba00f01e2e7b136bbd8"'])
    ]


class Completion(BaseModel):
    """The parts. If they are given, they are compared with the parts in S3."""

    parts: Annotated[list[NamedPart], Field(max_length=MAX_PARTS)] | None = None
