"""The real programs, a film to copy, and a store that misbehaves."""

from pathlib import Path

import pytest

from tests.integration.ffmpeg.conftest import Tools, tools
from tests.integration.sources.conftest import behind, proxy

__all__ = ["Tools", "behind", "proxy", "tools"]


@pytest.fixture(scope="session")
def film(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds and some 7 MB, with sound; repeated as often as is wanted it is a long one."""
    return tools.make(
        tmp_path_factory.mktemp("film") / "film.mp4",
        "-f", "lavfi", "-i", "testsrc2=s=960x540:r=24,noise=alls=20:allf=t",
        "-f", "lavfi", "-i", "sine=f=220:r=48000",
        "-t", "2", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "18",
        "-pix_fmt", "yuv420p", "-c:a", "aac",
    )  # fmt: skip
