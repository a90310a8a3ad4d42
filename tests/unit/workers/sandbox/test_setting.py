"""Production insists on the sandbox; a stack of one's own takes what there is."""

import pytest

from tests.support.settings import Settings

ADDRESSES = {"database_url": "postgresql://x", "redis_url": "redis://x"}


@pytest.mark.parametrize(
    ("mode", "asked", "expected"),
    [
        ("production", None, "required"),
        ("embedded", None, "preferred"),
        ("production", "off", "off"),
        ("embedded", "required", "required"),
    ],
    ids=["production", "embedded", "production-off", "embedded-required"],
)
def test_what_is_wanted_where(mode: str, asked: str | None, expected: str) -> None:
    settings = Settings(**ADDRESSES, framemill_mode=mode, sandbox=asked)  # type: ignore[arg-type]
    assert settings.wanted_sandbox == expected
