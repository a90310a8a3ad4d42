"""The queues: as every other place has them, and only over TLS."""

import json
from pathlib import Path

from tests.infra.assembly import properties, resources
from tests.infra.conftest import Templates

_DESCRIPTION = json.loads((Path(__file__).parents[2] / "localstack" / "resources.json").read_text())


def test_the_queue_has_the_described_attributes(templates: Templates, every_size: str) -> None:
    queue = properties(templates(every_size)["messaging"], "AWS::SQS::Queue", "Tasks")
    for name, value in _DESCRIPTION["queue"].items():
        assert queue[name] == int(value)


def test_dead_letters_have_the_described_attributes(templates: Templates, every_size: str) -> None:
    queue = properties(templates(every_size)["messaging"], "AWS::SQS::Queue", "DeadLetters")
    for name, value in _DESCRIPTION["dead_letter_queue"].items():
        assert queue[name] == int(value)


def test_what_is_received_too_often_becomes_a_dead_letter(templates: Templates) -> None:
    template = templates("small")["messaging"]
    [dead] = [name for name in resources(template, "AWS::SQS::Queue") if name.startswith("Dead")]
    assert properties(template, "AWS::SQS::Queue", "Tasks")["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]},
        "maxReceiveCount": _DESCRIPTION["max_receive_count"],
    }


def test_messages_are_encrypted_and_who_comes_without_tls_is_refused(
    templates: Templates, every_size: str
) -> None:
    template = templates(every_size)["messaging"]
    queues = resources(template, "AWS::SQS::Queue")
    assert [queue["Properties"]["SqsManagedSseEnabled"] for queue in queues.values()] == [True] * 2
    refused = set()
    for policy in resources(template, "AWS::SQS::QueuePolicy").values():
        [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        refused |= {queue["Ref"] for queue in policy["Properties"]["Queues"]}
    assert refused == {*queues}
