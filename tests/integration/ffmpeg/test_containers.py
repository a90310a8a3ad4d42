"""A film is taken in every container that can be uploaded."""

from pathlib import Path

import pytest

from tests.integration.ffmpeg.conftest import Tools
from workers.media.ladder import MISSION_LADDER, Ladder
from workers.media.limits import refuse

SECONDS = 1.0
QUICK = Ladder(rungs=(MISSION_LADDER.rungs[-1],), preset="ultrafast")
H264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"
MPEG2 = "-c:v mpeg2video -b:v 2M"
_EACH = pytest.mark.thorough("encodes a film in every container")
ALONE = {"f.vob", "f.wmv", "f.mxf"}  # in `make test`
KINDS = {
    "f.mp4": f"{H264} -c:a aac",
    "f.f4v": f"{H264} -c:a aac",
    "f.m4v": f"{H264} -c:a aac -f mp4",
    "f.mov": f"{H264} -c:a pcm_s16le",
    "f.qt": "-c:v mjpeg -pix_fmt yuvj420p -c:a pcm_s16be -f mov",
    "f.3gp": "-c:v h263 -s 352x288 -c:a aac",
    "f.3g2": "-c:v h263 -s 352x288 -c:a aac",
    "f.mkv": f"{H264} -c:a ac3",
    "f.webm": "-c:v libvpx -deadline realtime -c:a libopus",
    "f.avi": "-c:v mpeg4 -c:a libmp3lame",
    "f.divx": "-c:v mpeg4 -c:a libmp3lame -f avi",
    "f.wmv": "-c:v wmv2 -c:a wmav2",
    "f.asf": "-c:v wmv1 -c:a wmav1",
    "f.flv": "-c:v flv -c:a libmp3lame -ar 44100",
    "f.rm": "-s 352x288 -c:v rv20 -c:a ac3 -ar 44100",
    "f.ogv": "-c:v libtheora -c:a libvorbis",
    "f.mpg": "-c:v mpeg1video -c:a mp2",
    "f.mpeg": f"{MPEG2} -c:a mp2 -f mpeg",
    "f.vob": f"{MPEG2} -c:a ac3",
    "f.mod": f"{MPEG2} -c:a ac3 -f vob",
    "f.tod": f"{MPEG2} -c:a ac3 -f mpegts",
    "f.ts": f"{MPEG2} -c:a mp2",
    "f.mts": f"{H264} -c:a ac3 -f mpegts",
    "f.m2ts": f"{H264} -c:a ac3",
    "f.m2t": f"{MPEG2} -c:a mp2 -f mpegts",
    "f.trp": f"{MPEG2} -c:a mp2 -f mpegts",
    "f.dv": "-c:v dvvideo -c:a pcm_s16le -ac 2",
    "f.dif": "-c:v dvvideo -c:a pcm_s16le -ac 2 -f dv",
    "f.mxf": f"{MPEG2} -c:a pcm_s16le",
    "f.m2v": f"-map 0:v {MPEG2} -f mpeg2video",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALONE else _EACH) for name in KINDS]
)
async def test_a_film_in_its_container(tools: Tools, tmp_path: Path, name: str) -> None:
    source = tools.make(
        tmp_path / name,
        "-f", "lavfi", "-i", f"testsrc2=s=720x576:r=25:d={SECONDS}",
        "-f", "lavfi", "-i", f"sine=d={SECONDS}:r=48000",
        *KINDS[name].split(),
    )  # fmt: skip
    # The worker's input has no extension: what is in it must tell.
    source = source.rename(tmp_path / "input")
    info = await tools.probe(source)
    assert refuse(info) is None
    made = await tools.encode(source, tmp_path / "out", QUICK)
    assert made.refusal is None
    (output,) = made.outputs.values()
    assert output.video is not None
    assert abs((output.video.frame_count or 0) - 25 * SECONDS) <= 2
    sounds = [stream.duration or 0 for stream in output.audio]
    assert [abs(length - SECONDS) < 0.1 for length in sounds] == [True] * (name != "f.m2v")
