"""Message bodies: ours are read back, others are refused."""

import json
import uuid

import pytest

from core.adapters.sqs import decode, encode


def test_a_message_names_its_task_and_nothing_else() -> None:
    task_id = uuid.uuid4()
    assert decode(encode(task_id)) == task_id
    assert json.loads(encode(task_id)) == {"v": 1, "task_id": str(task_id)}


@pytest.mark.parametrize(
    "body",
    [
        "", "x", "null", "7", "[]", "{}", '"text"', '{"v": 1}', '{"v": 1, "task_id": null}',
        '{"v": 1, "task_id": "x"}', '{"v": 1, "task_id": 7}', '{"v": 2, "task_id": "TASK"}',
        '{"v": "1", "task_id": "TASK"}', '{"task_id": "TASK"}', '{"v": 1, "task_id": ["TASK"]}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_none_of_ours_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(body.replace("TASK", str(uuid.uuid4())))


def test_what_a_newer_sender_adds_is_ignored() -> None:
    task_id = uuid.uuid4()
    assert decode(json.dumps({"v": 1, "task_id": str(task_id), "more": [1]})) == task_id
