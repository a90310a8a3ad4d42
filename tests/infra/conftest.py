"""The templates of every size, written once for all processes of a run."""

import fcntl
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra import toolchain
from infra.sizes import SIZES
from tests.infra.assembly import Assembly, Template, read_assembly

# Without an account: the rule that asks whether it was prepared would ask AWS.
ASKED = {"unbootstrapped": "1", "origins": "https://films.example,https://beta.example"}
# Deployments besides the four sizes.
VARIANTS = {
    "no-origins": {"size": "small", "origins": ""},
    # Originals that expire, and a database that was put back into another instance.
    "short-lived": {
        "size": "small",
        "source_days": "30",
        "database_secret": "arn:aws:secretsmanager:us-east-1:111111111111:secret:rds-AbCdEf",
    },
    # Under a name of its own, with films through CloudFront, somebody who is told, and invites.
    "own-address": {
        "size": "small",
        "domain": "films.example",
        "certificate": "arn:aws:acm:us-east-1:111111111111:certificate/films",
        "balancer_certificate": "arn:aws:acm:us-east-1:111111111111:certificate/balancer",
        "media_public_key": "tests/infra/media_key.pem,tests/infra/media_key_before.pem",
        "media_key_secret": (
            "arn:aws:secretsmanager:us-east-1:111111111111:secret:framemill/media-key-AbCdEf"
        ),
        "media_domain": "media.films.example",
        "alarm_email": "operators@films.example",
        "zones": "us-east-1b,us-east-1d",
        "registration": "invite",
        "user_quota_gib": "5",
    },
}

Templates = Callable[[str], dict[str, Template]]
Assemblies = Callable[[str], Assembly]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what needs the CDK to `make test-all`; the chart and the sizes are quickly read."""
    reason = pytest.mark.thorough("the CDK writes the templates of every size")
    for item in items:
        if "cdk" in getattr(item, "fixturenames", ()):
            item.add_marker(reason)


@pytest.fixture(scope="session")
def cdk() -> None:
    """The CDK's environment; made by one of several processes while the others wait."""
    with (toolchain.FOLDER / "cdk.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        toolchain.install()


@pytest.fixture(scope="session")
def assemblies(
    cdk: None, tmp_path_factory: pytest.TempPathFactory, figure: Callable[[str, object], None]
) -> Assemblies:
    """Everything that the CDK wrote for a size, or for one of `VARIANTS`."""
    # Under xdist each process has a folder of its own; the one above it is the run's.
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "infra"
    shared.mkdir(exist_ok=True)
    names = [*SIZES, *VARIANTS]
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        marker = shared / "synthesis.json"
        if not marker.exists():
            begun = time.monotonic()
            done = toolchain.synthesize_each(
                {shared / name: {**ASKED, "size": name, **VARIANTS.get(name, {})} for name in names}
            )
            spent = time.monotonic() - begun
            marker.write_text(json.dumps([done.returncode, done.stderr]))
            figure(f"{len(names)} deployments synthesized and checked, in s", round(spent, 1))
        status, output = json.loads(marker.read_text())
    assert status == 0, output

    def read(name: str) -> Assembly:
        return read_assembly(shared / name)

    return read


@pytest.fixture(scope="session")
def templates(assemblies: Assemblies) -> Templates:
    """The templates of a size by their stacks' short names: `templates("small")["storage"]`."""
    return lambda name: assemblies(name).templates


@pytest.fixture(params=sorted(SIZES))
def every_size(request: pytest.FixtureRequest) -> str:
    """Each size in turn."""
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for what one test has written."""
    return tmp_path / "templates"
