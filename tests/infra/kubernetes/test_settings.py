"""Processes get settings that they know, and can start with."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from core import config
from core.adapters.presign import address_of
from tests.compose.test_files import SDK
from tests.infra.kubernetes.conftest import Render
from tests.infra.kubernetes.rendered import CHART, VALUES, Rendered, bytes_of
from tests.support.settings import PROCESSES, Settings, variables_of
from workers.runtime.scratch import whole_file_room

SECRETS = {
    "DATABASE_URL": "postgresql://films:pw@db.internal:5432/films",
    "REDIS_URL": "redis://redis.internal:6379/0",
    "JWT_KEYS": "k1:0123456789abcdef0123456789abcdef",
}


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any setting of the tests' own."""
    for name in [*Settings.model_fields, *(f"{secret}_FILE" for secret in SECRETS)]:
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def load(release: Rendered, component: str, folder: Path, environment: pytest.MonkeyPatch) -> Any:
    """Read the settings as the process in the pod would, its secrets mounted in a folder."""
    pod = release.pods()[component]["spec"]
    [container] = pod["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    for volume in pod["volumes"]:
        for item in volume.get("secret", {}).get("items", ()):
            place = folder / mounts[volume["name"]].lstrip("/") / item["path"]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(SECRETS[item["key"]])
    for name, value in release.variables(component).items():
        mounted = value.startswith("/var/lib/framemill/")
        environment.setenv(name, str(folder / value.lstrip("/")) if mounted else value)
    return config.load(PROCESSES[component])


@pytest.mark.parametrize("component", PROCESSES)
def test_variables_are_settings_that_exist(release: Rendered, component: str) -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    for_all = set(values["settings"]) | {f"{name}_FILE" for name in SECRETS} | SDK
    # The migrations are given what the API, control and the workers have in common.
    known = variables_of(component) | {name.upper() for name in config.Settings.model_fields}
    names = set(release.variables(component))
    assert names
    assert names - for_all <= known
    assert for_all - SDK <= {*map(str.upper, Settings.model_fields)} | {
        f"{name}_FILE" for name in config.secrets_of(Settings)
    }


@pytest.mark.parametrize("component", PROCESSES)
def test_a_process_reads_its_settings(
    release: Rendered, component: str, tmp_path: Path, loaded: pytest.MonkeyPatch
) -> None:
    settings = load(release, component, tmp_path, loaded)
    assert settings.framemill_mode == "production"
    assert settings.aws_region == VALUES["aws"]["region"]
    assert "db.internal" in settings.database_url.get_secret_value()
    if component != "migrations":
        assert settings.s3_bucket == VALUES["aws"]["bucket"]
        assert settings.sqs_queue == "films-tasks"
    if component == "api":
        assert list(settings.signing_keys()) == ["k1"]


def test_what_is_set_for_all_and_for_one_gets_there(
    render: Render, tmp_path: Path, loaded: pytest.MonkeyPatch
) -> None:
    release = render(
        {
            "settings": {"LOG_LEVEL": "DEBUG", "USER_QUOTA_BYTES": "20000000000"},
            "api.settings": {"COOKIE_SECURE": "false"},
            "api.trustedProxies": ["10.0.0.0/16", "fd00::/8"],
        }
    )
    settings = load(release, "api", tmp_path, loaded)
    assert (settings.log_level, settings.user_quota_bytes) == ("DEBUG", 20_000_000_000)
    assert (settings.cookie_secure, settings.trusted_proxies) == (
        False, ("10.0.0.0/16", "fd00::/8"),
    )  # fmt: skip
    assert "COOKIE_SECURE" not in release.variables("worker")


def test_only_the_api_has_the_signing_key(release: Rendered) -> None:
    for component, pod in release.pods().items():
        secrets = {volume["secret"]["secretName"] for volume in pod["spec"]["volumes"]
                   if "secret" in volume}  # fmt: skip
        assert ("framemill-signing" in secrets) == (component == "api"), component
        assert not release.of("Secret"), "values would stand in the chart"


def test_keys_of_secrets_are_settings_that_can_be_in_files(release: Rendered) -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())["secrets"]
    assert {key for secret in values.values() for key in secret["keys"]} == set(SECRETS)
    schema = json.loads((CHART / "values.schema.json").read_text())
    keys = schema["definitions"]["secret"]["properties"]["keys"]
    assert set(keys["items"]["enum"]) == set(config.secrets_of(Settings))


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_the_page_may_reach_the_address_that_urls_are_signed_for(
    render: Render, region: str
) -> None:
    release = render({"aws.region": region})
    address = address_of(VALUES["aws"]["bucket"], region, None)
    variables = release.variables("page")
    assert variables["S3_ORIGINS"] == f"{address.scheme}://{address.host}"
    assert variables["API_URL"] == ""


def test_a_change_of_settings_starts_new_pods(release: Rendered, render: Render) -> None:
    def digests(found: Rendered) -> dict[str, str]:
        return {
            component: found.pods()[component]["metadata"]["annotations"]["checksum/settings"]
            for component in ("api", "control", "worker")
        }

    before, after = digests(release), digests(render({"worker.settings": {"LOG_LEVEL": "DEBUG"}}))
    assert before["api"] == after["api"]
    assert before["worker"] != after["worker"]


def test_scratch_holds_the_largest_film_and_what_is_made_of_it(
    release: Rendered, tmp_path: Path, loaded: pytest.MonkeyPatch
) -> None:
    settings = load(release, "worker", tmp_path, loaded)
    [scratch] = [volume for volume in release.pods()["worker"]["spec"]["volumes"]
                 if volume["name"] == "scratch"]  # fmt: skip
    needed = whole_file_room(settings.upload_max_bytes)
    assert bytes_of(scratch["emptyDir"]["sizeLimit"]) >= settings.worker_concurrency * needed


def test_memory_is_enough_for_the_tasks_at_once(
    release: Rendered, tmp_path: Path, loaded: pytest.MonkeyPatch
) -> None:
    settings = load(release, "worker", tmp_path, loaded)
    [container] = release.pods()["worker"]["spec"]["containers"]
    tasks = settings.worker_concurrency * settings.task_memory_bytes
    assert bytes_of(container["resources"]["requests"]["memory"]) > tasks


def test_a_pod_has_longer_to_end_than_its_process_takes(
    render: Render, tmp_path: Path, loaded: pytest.MonkeyPatch
) -> None:
    release = render({"worker.drainSeconds": 45})
    settings = load(release, "worker", tmp_path, loaded)
    assert settings.drain_s == 45
    pods = release.pods()
    assert pods["worker"]["spec"]["terminationGracePeriodSeconds"] > settings.drain_s
    for component in ("api", "page"):
        [container] = pods[component]["spec"]["containers"]
        sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pods[component]["spec"]["terminationGracePeriodSeconds"] >= sleep + 10
