"""Alarms: one for each thing that can go wrong, which reaches somebody and says what to do."""

import re
from typing import Any

import pytest

from embedded.bootstrap import ROOT
from infra import log_events
from infra.sizes import SIZES
from tests.infra.assembly import Template, properties, resources
from tests.infra.conftest import Templates
from workers.ffmpeg import diagnose
from workers.media.limits import Fault

WATCHED = {
    "QueueAge", "DeadLettersLeft", "DeadLetter", "FilmsFailedByUs", "FilmsFail", "LeasesLapse",
    "NotReady", "Faults", "WorkersShort", "WorkersAtMost",
    "ApiErrors", "ApiLatency", "ApiUnhealthy", "ApiGone",
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
    for folder in ("core", "workers", "backend"):
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
    for count in (*log_events.API, *log_events.WORKER):
        for event in re.findall(r'\$\.event = "(\w+)"', count.pattern):
            assert event in logged, count.metric


def test_our_own_codes_are_those_that_are_no_fault_of_the_film() -> None:
    assert not {*log_events.OUR_CODES} & {each.value for each in Fault}
    known = {diagnose.RESOURCE_LIMIT, diagnose.STORAGE_ERROR, diagnose.PROCESSING_GAVE_UP}
    assert {*log_events.OUR_CODES} == known


def test_alarms_look_at_metrics_that_are_made(templates: Templates) -> None:
    template = templates("small")["observability"]
    made = {
        (each["MetricNamespace"], each["MetricName"])
        for found in resources(template, "AWS::Logs::MetricFilter").values()
        for each in found["Properties"]["MetricTransformations"]
    }
    assert len(made) == len(log_events.API) + len(log_events.WORKER)
    own = {namespace for namespace, _ in made}
    for name, alarm in alarms(template).items():
        looked_at = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", ())
                     if "MetricStat" in each] or [alarm]  # fmt: skip
        for each in looked_at:
            if "Namespace" in each and each["Namespace"] in own:
                assert (each["Namespace"], each["MetricName"]) in made, name


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
