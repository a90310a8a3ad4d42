"""The use case without queue, store and database, so that a test can take a piece away.

The pieces are looked up in their modules at every call: `monkeypatch` reaches them there.
"""

from dataclasses import dataclass
from pathlib import Path

from core.model.failure_codes import FailureCode
from workers.ffmpeg import command, diagnose
from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.probe import ProbeFailedError, probe
from workers.ffmpeg.process import FFmpegFailedError, run
from workers.media import limits as media_limits
from workers.media import verify
from workers.media.info import MediaInfo
from workers.media.ladder import MISSION_LADDER
from workers.media.limits import Limits
from workers.media.plan import EncodePlan, plan
from workers.media.tracks import tracks_of


@dataclass(frozen=True)
class Pieces:
    """The programs, run by their flags alone: without a sandbox."""

    ffmpeg: str
    ffprobe: str
    capabilities: Capabilities

    async def outcome(self, place: Path, name: str = "input", limits: Limits | None = None) -> str:
        """Return `ready` or the failure's code for the file of that name in a directory."""
        found = limits or Limits()
        try:
            info = await probe(self.ffprobe, f"./{name}", cwd=place, limits=found)
            refusal = media_limits.refuse(info, found)
            if refusal is not None:
                return str(refusal.code)
            decided = plan(info, MISSION_LADDER)
            outputs, complaint = await self._encode(decided, place, name, found)
        except ProbeFailedError as error:
            return error.failure.code
        except FFmpegFailedError as error:
            return diagnose.diagnose(error.status, error.stderr_tail).code
        refusal = verify.check(decided, outputs, complaint=complaint, limits=found)
        return "ready" if refusal is None else str(refusal.code)

    async def _encode(
        self, decided: EncodePlan, place: Path, name: str, limits: Limits
    ) -> tuple[dict[str, MediaInfo], FailureCode | None]:
        for each in ("", *(track.name for track in tracks_of(decided))):
            (place / "out" / each).mkdir(exist_ok=True)
        argv = command.encode_command(
            self.ffmpeg, decided, f"./{name}", "out", self.capabilities, limits
        )
        finished = await run(argv, cwd=place)
        outputs = {
            each.name: await probe(self.ffprobe, f"./{each.file_name}", cwd=place / "out")
            for each in decided.renditions
        }
        return outputs, diagnose.complaint(finished.stderr_tail)
