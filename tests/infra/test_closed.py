"""Closed unless opened: who may have an account, and who reaches what is for operators alone."""

import fnmatch
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.app import create_app
from embedded.bootstrap import ROOT
from embedded.stack import Stack
from infra.accounts import Accounts, read_accounts
from infra.settings import SERVICE_PORT
from tests.infra.assembly import Template, properties, resources
from tests.infra.conftest import VARIANTS, Templates
from tests.infra.values import container, environment
from tests.support.defaults import an_api, check_closed
from tests.support.settings import Settings

_GUIDE = (ROOT / "docs" / "deploy-aws.md").read_text()
_ASKS = {"/metrics", "/readyz"}


def api(template: Template) -> dict[str, Any]:
    return container(properties(template, "AWS::ECS::TaskDefinition", "Api"), "api")


@pytest.mark.parametrize("variant", ["dev", "small", "medium", "large", "no-origins"])
def test_nobody_registers_and_storage_is_bounded_unless_asked(
    templates: Templates, variant: str
) -> None:
    found = environment(api(templates(variant)["api"]))
    assert found["REGISTRATION"] == "closed"
    assert found["USER_QUOTA_BYTES"] == "100GiB"


def test_who_asks_gets_it(templates: Templates) -> None:
    asked = VARIANTS["own-address"]
    found = environment(api(templates("own-address")["api"]))
    assert found["REGISTRATION"] == asked["registration"] == "invite"
    assert found["USER_QUOTA_BYTES"] == f"{asked['user_quota_gib']}GiB"


def test_words_that_are_none_are_refused() -> None:
    assert read_accounts(None, None) == Accounts("closed", 100)
    assert read_accounts("open", "0") == Accounts("open", 0)
    with pytest.raises(ValueError, match="closed, invite, open, and not 'Open'"):
        read_accounts("Open", None)
    for wrong in ("-1", "1.5", "5GiB", "²"):
        with pytest.raises(ValueError, match="not a whole number of GiB"):
            read_accounts(None, wrong)


def test_a_real_api_with_these_settings_is_closed(
    templates: Templates, stack: Stack, tmp_path: Path
) -> None:
    with an_api(stack, environment(api(templates("small")["api"])), tmp_path) as found:
        check_closed(found)


def doors(template: Template) -> Iterator[tuple[str, int]]:
    """Yield every port of a template that something is handed on to, or listens on."""
    for each in resources(template, "AWS::ElasticLoadBalancingV2::Listener").values():
        yield "listener", each["Properties"]["Port"]
    for each in resources(template, "AWS::ElasticLoadBalancingV2::TargetGroup").values():
        yield "targets", each["Properties"]["Port"]
        for target in each["Properties"].get("Targets", ()):
            yield "target", target["Port"]
    for each in resources(template, "AWS::ECS::Service").values():
        for balancer in each["Properties"].get("LoadBalancers", ()):
            yield "service", balancer["ContainerPort"]
    for each in resources(template, "AWS::CloudFront::VpcOrigin").values():
        config = each["Properties"]["VpcOriginEndpointConfig"]
        yield "origin", config.get("HTTPPort", 80)
        yield "origin", config.get("HTTPSPort", 443)


@pytest.mark.parametrize("variant", ["dev", "small", "medium", "large", "own-address"])
def test_nothing_leads_to_the_service_port(templates: Templates, variant: str) -> None:
    found = [door for each in templates(variant).values() for door in doors(each)]
    assert {kind for kind, _ in found} >= {"listener", "targets", "service", "origin"}
    assert SERVICE_PORT not in {port for _, port in found}


@pytest.mark.parametrize("variant", ["dev", "small", "medium", "large", "own-address"])
def test_nobody_is_let_in_there(templates: Templates, variant: str) -> None:
    """Not even the balancer: a task of the release before has no such port to be asked at."""
    check = properties(templates(variant)["api"], "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (check.get("HealthCheckPort"), check["HealthCheckPath"]) == (None, "/healthz")
    mapped = {each["ContainerPort"] for each in api(templates(variant)["api"])["PortMappings"]}
    assert mapped == {8000, SERVICE_PORT}
    let_in = [rule for each in templates(variant).values() for rule in rules(each)]
    assert not [each for each in let_in if each["FromPort"] <= SERVICE_PORT <= each["ToPort"]]


def rules(template: Template) -> Iterator[dict[str, Any]]:
    """Yield what security groups let in."""
    for each in resources(template, "AWS::EC2::SecurityGroupIngress").values():
        yield each["Properties"]
    for each in resources(template, "AWS::EC2::SecurityGroup").values():
        yield from each["Properties"].get("SecurityGroupIngress", ())


def test_cloudfront_hands_on_what_the_api_answers_and_nothing_for_operators(
    templates: Templates,
) -> None:
    config = properties(templates("small")["delivery"], "AWS::CloudFront::Distribution")
    patterns = [each["PathPattern"] for each in config["DistributionConfig"]["CacheBehaviors"]]
    settings = {"database_url": "postgresql://x/x", "redis_url": "redis://x"}
    routes = create_app(Settings.model_validate(settings)).routes
    paths = {getattr(route, "path", "") for route in routes} - {""}
    assert len(paths) > 20
    handed_on = {path for path in paths | _ASKS if any(fnmatch.fnmatchcase(path, each)
                                                       for each in patterns)}  # fmt: skip
    assert handed_on == paths - _ASKS


def test_the_guide_makes_the_first_account_in_a_task_like_the_apis(templates: Templates) -> None:
    [overrides] = re.findall(r"--overrides '(\{.+\})'", _GUIDE)
    [command] = json.loads(overrides)["containerOverrides"]
    found = api(templates("small")["api"])
    assert command["name"] == found["Name"]
    assert command["command"][:2] == ["python", "-m"]
    assert importlib.util.find_spec(command["command"][2]) is not None
    # ECS Exec writes into the root file system, which none of ours lets it.
    assert found["ReadonlyRootFilesystem"] is True
    options = found["LogConfiguration"]["Options"]
    assert f"{options['awslogs-stream-prefix']}/{found['Name']}/" in _GUIDE
