"""Alarms: one for each thing that can go wrong, which reaches somebody and says what to do."""

import re
from typing import Any

import pytest

from embedded.bootstrap import ROOT
from infra import log_events
from infra.sizes import SIZES
from tests.infra.assembly import Template, properties, resources
from tests.infra.conftest import Templates

WATCHED = {
    "QueueAge", "DeadLettersLeft", "DeadLetter", "VideosFailedByUs", "VideosFail", "LeasesLapse",
    "NotReady", "Faults", "WorkersShort", "WorkersAtMost", "VideosWait",
    "ControlGone", "TasksUnknown", "ApiErrors", "ApiLatency", "ApiUnhealthy", "ApiGone",
    "DatabaseBusy", "DatabaseFull", "DatabaseConnections", "DatabaseMemory",
    "RedisMemory", "RedisBusy",
}  # fmt: skip


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    found = resources(template, "AWS::CloudWatch::Alarm").items()
    return {re.sub(r"[0-9A-F]{8}$", "", name): each["Properties"] for name, each in found}


def test_everything_is_watched(templates: Templates, every_size: str) -> None:
    assert {*alarms(templates(every_size)["observability"])} == WATCHED


def test_an_alarm_tells_somebody_what_to_do(templates: Templates, every_size: str) -> None:
    manual = (ROOT / "docs" / "operations.md").read_text()
    for name, alarm in alarms(templates(every_size)["observability"]).items():
        for told in (*alarm["AlarmActions"], *alarm["OKActions"]):
            assert told["Ref"].startswith("Alarms"), name
        said = alarm["AlarmDescription"]
        assert len(said.split()) >= 15, name
        heading = re.search(r"docs/operations\.md, “(.+)”\.$", said)
        assert heading, name
        assert re.search(rf"^#+ {re.escape(heading[1])}$", manual, re.MULTILINE), heading[1]


def test_alarms_go_on_encrypted_and_over_tls(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["observability"]
    assert "Fn::GetAtt" in properties(template, "AWS::SNS::Topic")["KmsMasterKeyId"]
    policy = properties(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    denied = [each for each in policy if each["Effect"] == "Deny"]
    assert "aws:SecureTransport" in str(denied)
    allowed = [each["Principal"]["Service"] for each in policy if each["Effect"] == "Allow"]
    publishers = {name for each in allowed for name in (each if isinstance(each, list) else [each])}
    assert publishers == {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}
    key = properties(template, "AWS::KMS::Key")
    assert key["EnableKeyRotation"] is True
    # Without this right an alarm of CloudWatch is lost without a word.
    for teller in publishers:
        assert teller in str(key["KeyPolicy"])


def test_a_mail_address_is_told(templates: Templates) -> None:
    template = templates("own-address")["observability"]
    found = properties(template, "AWS::SNS::Subscription")
    assert (found["Protocol"], found["Endpoint"]) == ("email", "operators@films.example")
    assert not resources(templates("small")["observability"], "AWS::SNS::Subscription")


@pytest.mark.parametrize("variant", ["dev", "small", "medium", "large", "own-address"])
def test_the_month_has_a_budget(templates: Templates, variant: str) -> None:
    found = properties(templates(variant)["observability"], "AWS::Budgets::Budget")
    size = SIZES.get(variant, SIZES["small"])
    assert found["Budget"]["BudgetLimit"] == {"Amount": size.monthly_budget_usd, "Unit": "USD"}
    kinds = {
        subscriber["SubscriptionType"]
        for each in found["NotificationsWithSubscribers"]
        for subscriber in each["Subscribers"]
    }
    assert kinds == ({"EMAIL"} if variant == "own-address" else {"SNS"})


def _logged() -> set[str]:
    """Return every event that the code writes."""
    found = set()
    for folder in ("core", "workers", "backend", "control"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(
                re.findall(
                    r'_(?:log|access)\.(?:info|warning|error|exception)\(\s*"(\w+)"',
                    path.read_text(),
                )
            )
    return found


def test_what_is_counted_is_really_logged() -> None:
    logged = _logged()
    for count in (*log_events.API, *log_events.CONTROL, *log_events.WORKER):
        for event in re.findall(r'\$\.event = "(\w+)"', count.pattern):
            assert event in logged, count.metric


def test_every_fault_with_a_traceback_is_counted() -> None:
    """Raises for one that somebody added, and that nobody would be told of."""
    files = [
        path
        for part in ("core", "workers", "backend", "control")
        for path in (ROOT / part).rglob("*.py")
    ]
    found = {
        event
        for path in files
        for event in re.findall(r'_log\.exception\(\s*"(\w+)"', path.read_text())
    }
    assert len(found) >= 3
    assert found <= {*log_events.FAULTS}


def test_alarms_look_at_metrics_that_are_made(templates: Templates) -> None:
    template = templates("small")["observability"]
    made = {
        (
            each["MetricNamespace"],
            each["MetricName"],
            *(dimension["Key"] for dimension in each.get("Dimensions", ())),
        )
        for found in resources(template, "AWS::Logs::MetricFilter").values()
        for each in found["Properties"]["MetricTransformations"]
    }
    filters = resources(template, "AWS::Logs::MetricFilter")
    assert len(filters) == sum(map(len, (log_events.API, log_events.CONTROL, log_events.WORKER)))
    own = {namespace for namespace, *_ in made}
    for name, alarm in alarms(template).items():
        looked_at = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", ())
                     if "MetricStat" in each] or [alarm]  # fmt: skip
        for each in looked_at:
            if "Namespace" in each and each["Namespace"] in own:
                keys = [dimension["Name"] for dimension in each.get("Dimensions", ())]
                assert (each["Namespace"], each["MetricName"], *keys) in made, name


def test_what_control_gives_up_is_told_and_what_lapses_is_counted(templates: Templates) -> None:
    template = templates("small")["observability"]
    found = [
        (str(each["Properties"]["LogGroupName"]), *each["Properties"]["MetricTransformations"])
        for each in resources(template, "AWS::Logs::MetricFilter").values()
    ]
    for metric in ("Failed", "FailedByCode", "FailedByUs"):
        assert len({log for log, made in found if made["MetricName"] == metric}) == 2, metric
    # One line tells of all that lapsed in a round.
    [value] = [made["MetricValue"] for _, made in found if made["MetricName"] == "LeasesLapsed"]
    assert value == "$.count"


def test_films_that_wait_while_workers_run_are_told(templates: Templates, every_size: str) -> None:
    alarm = alarms(templates(every_size)["observability"])["VideosWait"]
    [told] = [each for each in alarm["Metrics"] if each.get("ReturnData", True)]
    figures = {each["Id"]: each["MetricStat"]["Metric"]["MetricName"]
               for each in alarm["Metrics"] if "MetricStat" in each}  # fmt: skip
    assert figures == {
        "waiting": "TasksWaiting",
        "held": "TasksHeld",
        "running": "RunningTaskCount",
    }
    # CloudWatch's language is close enough to Python's to be asked here.
    expression = told["Expression"].replace("AND", "and")
    words = {"IF": lambda condition, yes, no: yes if condition else no,
             "FILL": lambda value, other: other if value is None else value}  # fmt: skip

    def value(waiting: int | None, held: int | None, running: int | None) -> object:
        names = {**words, "waiting": waiting, "held": held, "running": running}
        return eval(expression, {"__builtins__": {}}, names)

    assert value(waiting=3, held=0, running=2) == alarm["Threshold"] == 1
    quiet = [
        (0, 0, 2),  # nothing to do
        (3, 1, 2),  # others work: a film's turn comes
        (3, 0, 0),  # none has come yet: QueueAge tells when that takes too long
        (None, None, None),
    ]
    assert [value(*each) for each in quiet] == [0] * len(quiet)
    assert alarm["TreatMissingData"] == "notBreaching"


def test_an_event_that_is_written_once_is_enough(templates: Templates) -> None:
    # A worker says only at its beginning that it waits; a second period would not see it.
    assert (
        '_log.warning("waiting_for_capacity"' in (ROOT / "workers/runtime/capacity.py").read_text()
    )
    alarm = alarms(templates("small")["observability"])["WorkersShort"]
    assert (alarm["MetricName"], alarm["EvaluationPeriods"]) == ("WaitingForCapacity", 1)


def test_a_count_by_values_has_no_zeros(templates: Templates) -> None:
    # CloudWatch refuses both together.
    for found in resources(templates("small")["observability"], "AWS::Logs::MetricFilter").values():
        [each] = found["Properties"]["MetricTransformations"]
        assert ("Dimensions" in each) != ("DefaultValue" in each)


def test_the_dashboard_shows_the_work_and_what_it_stands_on(templates: Templates) -> None:
    page = str(properties(templates("small")["observability"], "AWS::CloudWatch::Dashboard"))
    for word in ("FailedByCode", "RunningTaskCount", "TargetResponseTime", "FreeStorageSpace"):
        assert word in page
    # A namespace with a hyphen is found within quotes only.
    assert r'{\\"framemill-observability\\",code}' in page
