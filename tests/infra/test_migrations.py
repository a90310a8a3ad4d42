"""The function that runs the migrations: what it starts, what it waits for, what it says."""

import importlib.util
from types import ModuleType
from typing import Any

import pytest

from embedded.bootstrap import ROOT

PROPERTIES = {
    "Cluster": "cluster", "TaskDefinition": "migrations:7", "Container": "migrations",
    "LogGroup": "the-log", "SecurityGroup": "sg-1", "Subnets": ["subnet-1", "subnet-2"],
}  # fmt: skip


def _load() -> ModuleType:
    # It is no part of a package: Lambda is given the folder.
    path = ROOT / "infra" / "functions" / "migrations" / "index.py"
    spec = importlib.util.spec_from_file_location("migrations_function", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUNCTION = _load()


class Ecs:
    """Answers as ECS does."""

    def __init__(self, tasks: list[dict[str, Any]], failures: list[str] | None = None) -> None:
        self._answer = {"tasks": tasks, "failures": failures or []}
        self.asked: list[dict[str, Any]] = []

    def run_task(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        return self._answer

    def describe_tasks(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        return self._answer


class CloudFormation:
    def __init__(self, status: str) -> None:
        self._status = status

    def describe_stacks(self, **arguments: Any) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": self._status}]}


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "RequestType": kind, "RequestId": "request-1", "StackId": "stack-1",
        "ResourceProperties": PROPERTIES, **more,
    }  # fmt: skip


def stopped(
    status: int | None, reason: str = "Essential container in task exited"
) -> dict[str, Any]:
    containers: list[dict[str, Any]] = [{"name": "volumes", "exitCode": 0}, {"name": "migrations"}]
    if status is not None:
        containers[1]["exitCode"] = status
    return {"lastStatus": "STOPPED", "stoppedReason": reason, "containers": containers}


@pytest.mark.parametrize(
    ("kind", "status"), [("Create", "CREATE_IN_PROGRESS"), ("Update", "UPDATE_IN_PROGRESS")]
)
def test_a_deployment_starts_one_task(kind: str, status: str) -> None:
    ecs = Ecs([{"taskArn": "task-1"}])
    answer = FUNCTION.on_event(event(kind), None, ecs, CloudFormation(status))
    assert answer["Data"] == {"Task": "task-1"}
    [asked] = ecs.asked
    assert asked["taskDefinition"] == "migrations:7"
    assert asked["clientToken"] == "request-1", "a repeated request would start a second one"
    network = asked["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "DISABLED"


@pytest.mark.parametrize(
    ("kind", "status"),
    [("Update", "UPDATE_ROLLBACK_IN_PROGRESS"), ("Delete", "DELETE_IN_PROGRESS")],
)
def test_nothing_is_done_on_the_way_back(kind: str, status: str) -> None:
    ecs = Ecs([])
    answer = FUNCTION.on_event(event(kind), None, ecs, CloudFormation(status))
    assert ecs.asked == []
    assert FUNCTION.is_complete({**event(kind), **answer}, None, ecs) == {"IsComplete": True}


def test_what_ecs_does_not_start_fails_the_deployment() -> None:
    ecs = Ecs([], failures=["RESOURCE:FARGATE"])
    with pytest.raises(RuntimeError, match=r"not started.*RESOURCE:FARGATE"):
        FUNCTION.on_event(event("Create"), None, ecs, CloudFormation("CREATE_IN_PROGRESS"))


def complete(*tasks: dict[str, Any]) -> bool:
    asked = event("Update", Data={"Task": "task-1"})
    return bool(FUNCTION.is_complete(asked, None, Ecs([*tasks]))["IsComplete"])


def test_it_waits_for_the_end() -> None:
    assert not complete({"lastStatus": "PROVISIONING", "containers": []})
    assert not complete({"lastStatus": "RUNNING", "containers": [{"name": "migrations"}]})
    assert complete(stopped(0))


@pytest.mark.parametrize("status", [1, 137, None])
def test_a_migration_that_fails_fails_the_deployment(status: int | None) -> None:
    with pytest.raises(RuntimeError, match=f"status {status} .*the-log"):
        complete(stopped(status))


def test_a_task_that_is_gone_fails_the_deployment() -> None:
    with pytest.raises(RuntimeError, match="is gone"):
        complete()
