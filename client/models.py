"""What the API speaks of, as values. Unknown fields are left aside; sizes are in bytes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from client.errors import UnexpectedAnswer

Json = Mapping[str, Any]
T = TypeVar("T")

FINAL_STATES = frozenset({"ready", "failed", "cancelled", "deleted"})


@dataclass(frozen=True)
class Account:
    """A user of the server."""

    id: str
    email: str


@dataclass(frozen=True)
class Invite:
    """Leave to register once.

    Attributes:
        email: the only address that may use it; None for any.
        expires_at: when it stops working; None for never.
        used_at: when somebody registered with it.
        code: what the invited one needs; only the answer to its making has it.
        raw: the object as the server sent it.
    """

    id: str
    email: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    code: str | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Source:
    """The file as it was uploaded; what is None has not been inspected yet. Duration in seconds."""

    filename: str
    size: int
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    frame_rate: float | None = None


@dataclass(frozen=True)
class Rendition:
    """One playable output; duration in seconds, bit rate in bits per second.

    Of sound, what is said of a picture is None.
    """

    name: str
    width: int | None
    height: int | None
    size: int
    duration: float | None
    bitrate: float | None
    video_codec: str | None
    audio_codec: str | None
    url: str | None


@dataclass(frozen=True)
class Track:
    """A picture size or a sound that can be streamed; `kind` is `video`, `audio` or something new.

    The bit rate, in bits per second, is the highest that was planned. `role` says what a sound is
    for, if not for all: `commentary`, `description` or another word of DASH. `made` is `encoded`,
    or `remuxed` for what was taken from the source as it is, or something new.
    """

    id: str
    kind: str
    name: str
    language: str | None
    codec: str | None
    width: int | None
    height: int | None
    bitrate: float | None
    frame_rate: float | None
    default: bool | None
    channels: int | None = None
    role: str | None = None
    made: str | None = None


@dataclass(frozen=True)
class Loudness:
    """How loud the sound of a video is by EBU R 128: LUFS, dBTP, LU."""

    integrated_lufs: float | None
    true_peak_dbtp: float | None
    range_lu: float | None


@dataclass(frozen=True)
class Captions:
    """Captions or subtitles of a video.

    Attributes:
        language: BCP 47, where it is known.
        default: whether they are shown unless somebody chooses.
        from_file: whether they came with the file of the video.
        size: bytes.
        url: of the WebVTT file; it is short-lived.
    """

    id: str
    language: str | None
    name: str | None
    default: bool
    from_file: bool
    size: int
    url: str
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Playback:
    """Where a video can be watched until `expires_at`, by whoever has the addresses.

    Attributes:
        hls_url: of the HLS playlist; None for a video of a release that made no segments.
        dash_url: of the DASH manifest; None until the video is complete.
        chapters_url: of the chapters as WebVTT; None where there are none (known yet).
        mp4: URLs of whole files, by the names of renditions; they are short-lived.
        storyboard_url: of the WebVTT list of small pictures; None while there are none.
    """

    hls_url: str | None
    dash_url: str | None
    poster_url: str | None
    expires_at: datetime
    mp4: Mapping[str, str]
    storyboard_url: str | None = None
    chapters_url: str | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Share:
    """A link at which whoever has it can watch a video.

    Attributes:
        url: to give to people.
        embed_url: the `src` of an `<iframe>`.
        allowed_origins: the only pages that can embed it; none for any.
        download: whether the files can be saved too.
        expires_at: when it stops working; None if it does not by itself.
        raw: the object as the server sent it.
    """

    id: str
    video_id: str
    url: str
    embed_url: str
    allowed_origins: tuple[str, ...]
    download: bool
    expires_at: datetime | None
    created_at: datetime
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Failure:
    """Why a video failed, and whether trying again may help."""

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True)
class Note:
    """Something that is told of a video that came out."""

    code: str
    message: str


@dataclass(frozen=True)
class Queue:
    """Why a queued video waits: `no_worker`, `no_room`, `busy` or something new, and in words."""

    reason: str | None
    message: str | None


@dataclass(frozen=True)
class Video:
    """What a person uploaded and gets back.

    Attributes:
        state: `uploading`, `queued`, `processing`, `ready`, `failed`, `cancelled` or `deleted`.
        progress: of the present job, 0 to 100.
        version: rises with every change but those of `stage` and `progress`.
        eta_seconds: time left, if the server estimates it.
        queue: why it waits, while it is `queued`.
        kind: `video`, or `audio` for sound without a picture; None until it was inspected.
        done: what was done to the source.
        warnings: what is missing or damaged in the renditions.
        playable: whether it can be watched, perhaps before it is `ready`; None if the server does
            not say.
        playable_at: since when.
        tracks: what can be streamed by now.
        loudness: of the default sound; None until it was made, and of silence.
        raw: the object as the server sent it.
    """

    id: str
    title: str
    state: str
    stage: str | None
    progress: float
    source: Source | None
    renditions: tuple[Rendition, ...]
    poster_url: str | None
    failure: Failure | None
    version: int
    created_at: datetime
    updated_at: datetime
    eta_seconds: float | None = None
    queue: Queue | None = None
    kind: str | None = None
    done: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()
    playable: bool | None = None
    playable_at: datetime | None = None
    tracks: tuple[Track, ...] = ()
    loudness: Loudness | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)

    @property
    def finished(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in FINAL_STATES


@dataclass(frozen=True)
class HeldPart:
    """A part that the store has."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True)
class SignedPart:
    """Where a part may be PUT, with exactly `size` bytes, until `expires_at`."""

    number: int
    size: int
    url: str
    expires_at: datetime


@dataclass(frozen=True)
class Upload:
    """One multipart upload. `state` is `open`, `completed`, `aborted` or `expired`."""

    id: str
    video_id: str
    filename: str
    size: int
    part_size: int
    part_count: int
    state: str
    parts: tuple[HeldPart, ...] = ()


@dataclass(frozen=True)
class Tokens:
    """What a login or a refresh gives; `expires_in` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: float


def read(parse: Callable[[Any], T], data: object) -> T:
    """Apply one of the parsers below to an answer.

    Raises:
        UnexpectedAnswer: a field is missing or of another type.
    """
    try:
        return parse(data)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise UnexpectedAnswer(
            "The server's answer is not valid. Is this the address of a Framemill server?"
        ) from error


def account(data: Json) -> Account:
    """Parse a user."""
    return Account(str(data["id"]), str(data["email"]))


def tokens(data: Json) -> Tokens:
    """Parse the answer to a login of a native client."""
    return Tokens(str(data["access_token"]), str(data["refresh_token"]), float(data["expires_in"]))


def video(data: Json) -> Video:
    """Parse a video."""
    eta = data.get("eta_seconds")
    return Video(
        id=str(data["id"]),
        title=str(data["title"]),
        state=str(data["state"]),
        stage=data.get("stage"),
        progress=float(data.get("progress") or 0.0),
        source=_known(Source, data["source"]) if data.get("source") else None,
        renditions=tuple(_known(Rendition, item) for item in data.get("renditions") or ()),
        poster_url=data.get("poster_url"),
        failure=_known(Failure, data["failure"]) if data.get("failure") else None,
        version=int(data.get("version") or 0),
        created_at=datetime.fromisoformat(data["created_at"]),
        updated_at=datetime.fromisoformat(data["updated_at"]),
        eta_seconds=None if eta is None else float(eta),
        queue=_known(Queue, data["queue"]) if data.get("queue") else None,
        kind=data.get("kind"),
        done=tuple(_known(Note, item) for item in data.get("done") or ()),
        warnings=tuple(_known(Note, item) for item in data.get("warnings") or ()),
        playable=data.get("playable"),
        playable_at=_time(data.get("playable_at")),
        tracks=tuple(_known(Track, item) for item in data.get("tracks") or ()),
        loudness=_known(Loudness, data["loudness"]) if data.get("loudness") else None,
        raw=data,
    )


def captions(data: Json) -> Captions:
    """Parse captions."""
    return Captions(
        id=str(data["id"]),
        language=data.get("language"),
        name=data.get("name"),
        default=bool(data.get("default")),
        from_file=bool(data.get("from_file")),
        size=int(data["size"]),
        url=_address(data["url"]),
        raw=data,
    )


def playback(data: Json, at: Callable[[str], str]) -> Playback:
    """Parse where a video can be watched; `at` makes whole addresses of those that are paths."""

    def address(name: str) -> str | None:
        url = data.get(name)
        return _address(at(url)) if url else None

    return Playback(
        hls_url=address("hls_url"),
        dash_url=address("dash_url"),
        poster_url=address("poster_url"),
        storyboard_url=address("storyboard_url"),
        expires_at=datetime.fromisoformat(data["expires_at"]),
        chapters_url=address("chapters_url"),
        mp4={str(item["name"]): _address(item["url"]) for item in data.get("mp4") or ()},
        raw=data,
    )


def page(data: Json, parse: Callable[[Any], T]) -> tuple[list[T], str | None]:
    """Parse a page of things with the cursor of the next one."""
    return [parse(item) for item in data["items"]], data.get("next_cursor")


def registration(data: Json) -> str:
    """Parse who may register."""
    return str(data["registration"])


def invite(data: Json) -> Invite:
    """Parse an invite."""
    return Invite(
        id=str(data["id"]),
        email=data.get("email"),
        created_at=datetime.fromisoformat(data["created_at"]),
        expires_at=_time(data.get("expires_at")),
        used_at=_time(data.get("used_at")),
        code=data.get("code"),
        raw=data,
    )


def share(data: Json, reached: Callable[[str], str]) -> Share:
    """Parse a link; `reached` makes an address of one that the server may have given as a path."""
    return Share(
        id=str(data["id"]),
        video_id=str(data["video_id"]),
        url=reached(data["url"]),
        embed_url=reached(data["embed_url"]),
        allowed_origins=tuple(map(str, data.get("allowed_origins") or ())),
        download=bool(data.get("download")),
        expires_at=_time(data.get("expires_at")),
        created_at=datetime.fromisoformat(data["created_at"]),
        raw=data,
    )


def upload(data: Json) -> Upload:
    """Parse an upload, with its parts if the answer lists them."""
    return Upload(
        id=str(data["id"]),
        video_id=str(data["video_id"]),
        filename=str(data["filename"]),
        size=int(data["size"]),
        part_size=int(data["part_size"]),
        part_count=int(data["part_count"]),
        state=str(data["state"]),
        parts=tuple(
            HeldPart(int(part["part_number"]), int(part["size"]), bare_etag(part["etag"]))
            for part in data.get("parts") or ()
        ),
    )


def signed_parts(data: Json) -> list[SignedPart]:
    """Parse the answer to a request for part URLs."""
    return [
        SignedPart(
            int(part["part_number"]),
            int(part["size"]),
            _address(part["url"]),
            datetime.fromisoformat(part["expires_at"]),
        )
        for part in data["parts"]
    ]


def bare_etag(etag: str) -> str:
    """Return an ETag without its quotes: stores and the API differ in whether they send them."""
    return etag.strip().strip('"')


def _address(url: str) -> str:
    found = urlsplit(url)
    if found.scheme not in {"http", "https"} or not found.hostname or found.port == 0:
        raise ValueError(url)
    return url


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _known(kind: type[T], data: Json) -> T:
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    missing = {name: None for name in names if name not in data}
    return kind(**missing, **{name: data[name] for name in names if name in data})
