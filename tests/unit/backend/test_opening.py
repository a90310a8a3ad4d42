"""The sentence at the start says what is open."""

from typing import Any

import pytest
from pydantic import SecretStr

from backend.opening import told
from tests.support.settings import Settings


def settings(**values: Any) -> Settings:
    secrets = {"database_url": SecretStr("postgresql://h/x"), "redis_url": SecretStr("redis://h")}
    return Settings(**{**secrets, **values})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, ("Only the operator can", "can store 100.0GiB", "10.0.0.1:9")),
        ({"registration": "open"}, ("Anybody who reaches the API",)),
        ({"registration": "invite"}, ("Anybody with an invite",)),
        ({"user_quota_bytes": 0}, ("no quota",)),
    ],
)
def test_it_says_what_is_open(values: dict[str, Any], said: tuple[str, ...]) -> None:
    entry = told(settings(**values), "10.0.0.1:9")
    assert [part for part in said if part not in entry["told"]] == []
    assert entry["registration"] == values.get("registration", "closed")
    assert entry["service"] == "10.0.0.1:9"
