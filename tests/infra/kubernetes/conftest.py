"""The chart as Helm renders it, and as the schemas judge it."""

import fcntl
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from embedded import bootstrap
from tests.infra.kubernetes.rendered import CHART, ROOT, VALUES, Object, Rendered, changed, read

_HERE = Path(__file__).parent
_ENDS_S = 120

Render = Callable[..., Rendered]
Refusal = Callable[..., str]
Judge = Callable[[Sequence[Object], Sequence[str]], list[str]]
_Ask = Callable[[str, object], Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make test-all` what needs the schemas; what Helm renders is quickly read."""
    reason = pytest.mark.thorough("all schemas of Kubernetes are read for each judgement")
    for item in items:
        if "judge" in getattr(item, "fixturenames", ()):
            item.add_marker(reason)


@pytest.fixture(scope="session")
def ask() -> _Ask:
    """Run a script in the environment beside this one: JSON in, JSON out."""
    # Tests may run in several processes; one installs, the others wait for it.
    with (ROOT / "requirements" / "kubernetes.txt").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bootstrap.ensure_beside("kubernetes", "Helm and schemas")
    python = ROOT / ".venv-kubernetes" / "bin" / "python"

    def run(script: str, question: object) -> Any:
        done = subprocess.run(
            [str(python), str(_HERE / script)], input=json.dumps(question), text=True,
            capture_output=True, check=False, timeout=_ENDS_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def helm(ask: _Ask) -> Callable[..., dict[str, Any]]:
    """Hand the chart to Helm with values; changes are named by their paths."""

    def run(
        changes: Mapping[str, Any], values: Mapping[str, Any] = VALUES, lint: bool = False
    ) -> dict[str, Any]:
        question = {"chart": str(CHART), "values": changed(values, changes), "lint": lint}
        answer: dict[str, Any] = ask("in_helm.py", question)
        return answer

    return run


@pytest.fixture(scope="session")
def render(helm: Callable[..., dict[str, Any]]) -> Render:
    """The chart with values: `render({"keda.enabled": False})`."""

    def run(changes: Mapping[str, Any] | None = None, **more: Any) -> Rendered:
        answer = helm(changes or {}, **more)
        assert "files" in answer, answer
        return read(answer["files"])

    return run


@pytest.fixture(scope="session")
def refusal(helm: Callable[..., dict[str, Any]]) -> Refusal:
    """What Helm says when it does not take the values."""

    def run(changes: Mapping[str, Any]) -> str:
        answer = helm(changes)
        assert "refused" in answer, "these values were taken"
        return str(answer["refused"])

    return run


@pytest.fixture(scope="session")
def judge(ask: _Ask) -> Judge:
    """What the schemas of Kubernetes and KEDA find wrong."""

    def run(objects: Sequence[Object], versions: Sequence[str]) -> list[str]:
        found: list[str] = ask("in_schemas.py", {"objects": objects, "versions": versions})
        return found

    return run


@pytest.fixture(scope="session")
def release(render: Render) -> Rendered:
    """A release with nothing set but what must be."""
    return render()
