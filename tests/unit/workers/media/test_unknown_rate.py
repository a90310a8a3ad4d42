"""How often pictures follow each other is looked for further on where the first ones do not say."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from workers.media.info import MediaInfo, VideoStream
from workers.media.rates import rate_is_unknown

UNEVEN = VideoStream(
    index=0, codec="h264", width=640, height=360, duration=20.0, frame_count=400, present=True,
    avg_frame_rate=Fraction(20), base_frame_rate=Fraction(30),
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "unknown"),
    [
        ({}, True),
        ({"frame_count": None}, True),
        ({"usual_rate": Fraction(30)}, False),
        ({"avg_frame_rate": Fraction(30)}, False),
        ({"frame_count": 5}, False),
        ({"present": False}, False),
    ],
)
def test_it_is_unknown_where_it_changes_and_few_were_seen(
    changes: dict[str, Any], unknown: bool
) -> None:
    video = replace(UNEVEN, **changes)
    assert rate_is_unknown(MediaInfo("mov,mp4", 20.0, video=video)) is unknown


def test_sound_alone_has_none() -> None:
    assert not rate_is_unknown(MediaInfo("mp3", 20.0))
