"""Keys: what belongs to a video lies under it; two attempts never share one."""

import uuid

from core.model import object_keys
from core.model.ids import new_id, new_token

VIDEO, JOB = uuid.UUID(int=1), uuid.UUID(int=2)


def test_everything_of_a_video_lies_under_its_prefix() -> None:
    prefix = object_keys.video_prefix(VIDEO)
    assert prefix == f"videos/{VIDEO}/"
    for key in (
        object_keys.source(VIDEO, ".mov"),
        object_keys.attempt_prefix(VIDEO, JOB, "encode", 1),
        object_keys.attempt_prefix(VIDEO, JOB, None, 1),
        object_keys.attempt_log(VIDEO, JOB, "encode", 1),
    ):
        assert key.startswith(prefix)


def test_no_prefix_begins_another() -> None:
    prefixes = [
        object_keys.attempt_prefix(VIDEO, JOB, key, attempt)
        for key in ("inspect", "encode", "encode-1", "1")
        for attempt in range(1, 30)
    ]
    prefixes += [object_keys.attempt_prefix(VIDEO, JOB, None, attempt) for attempt in range(1, 30)]
    assert len(set(prefixes)) == len(prefixes)
    assert all(
        not longer.startswith(shorter)
        for shorter in prefixes
        for longer in prefixes
        if longer != shorter
    )


def test_the_log_of_an_attempt_stays_when_its_outputs_go() -> None:
    for attempt in (1, 11):
        prefix = object_keys.attempt_prefix(VIDEO, JOB, "encode", attempt)
        assert not object_keys.attempt_log(VIDEO, JOB, "encode", attempt).startswith(prefix)


def test_newer_ids_sort_after_older_ones() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000
    assert {item.version for item in ids} == {7}


def test_tokens_are_long_enough_and_differ() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) >= 22 for token in tokens)  # 128 bits in base 64
