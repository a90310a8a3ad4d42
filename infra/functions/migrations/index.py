"""Runs the migrations as one task of ECS and waits for its end; CloudFormation waits for this.

The two handlers of a custom resource: `on_event` starts the task, `is_complete` is asked every few
seconds whether it has ended. What goes wrong is raised: it fails the deployment, with the reason.
"""

from typing import Any

import boto3

_ID = "migrations"
_NOTHING_TO_DO = ""
_ROLLING_BACK = "UPDATE_ROLLBACK_IN_PROGRESS"

Event = dict[str, Any]


def on_event(event: Event, _context: object, ecs: Any = None, cloudformation: Any = None) -> Event:
    """Start the task, unless the deployment is being deleted or rolled back.

    The version that a rollback returns to does not know the newer tables' revision and would refuse
    to begin. It need not: migrations fit the version before them.

    Raises:
        RuntimeError: ECS has not started it.
    """
    task = _NOTHING_TO_DO
    if event["RequestType"] != "Delete":
        cloudformation = cloudformation or boto3.client("cloudformation")
        if not is_rolling_back(cloudformation.describe_stacks(StackName=event["StackId"])):
            task = start(ecs or boto3.client("ecs"), event)
    return {"PhysicalResourceId": _ID, "Data": {"Task": task}}


def is_complete(event: Event, _context: object, ecs: Any = None) -> Event:
    """Tell whether the task has ended well.

    Raises:
        RuntimeError: it has ended otherwise.
    """
    task = event.get("Data", {}).get("Task", _NOTHING_TO_DO)
    if task == _NOTHING_TO_DO:
        return {"IsComplete": True}
    cluster = event["ResourceProperties"]["Cluster"]
    answer = (ecs or boto3.client("ecs")).describe_tasks(cluster=cluster, tasks=[task])
    return {"IsComplete": has_succeeded(answer, event["ResourceProperties"])}


def start(ecs: Any, event: Event) -> str:
    """Start the task and return its ARN; the same request never starts two.

    Raises:
        RuntimeError: ECS has not started it.
    """
    properties = event["ResourceProperties"]
    answer = ecs.run_task(
        cluster=properties["Cluster"],
        taskDefinition=properties["TaskDefinition"],
        launchType="FARGATE",
        count=1,
        clientToken=event["RequestId"],
        startedBy=_ID,
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": properties["Subnets"],
                "securityGroups": [properties["SecurityGroup"]],
                "assignPublicIp": "DISABLED",
            }
        },
    )
    if answer.get("failures") or not answer["tasks"]:
        raise RuntimeError(f"The migrations were not started: {answer.get('failures')}")
    return str(answer["tasks"][0]["taskArn"])


def is_rolling_back(stacks: dict[str, Any]) -> bool:
    """Tell from `DescribeStacks` whether the stack returns to what it was."""
    return bool(stacks["Stacks"][0]["StackStatus"] == _ROLLING_BACK)


def has_succeeded(answer: dict[str, Any], properties: dict[str, Any]) -> bool:
    """Judge an answer of `DescribeTasks`: False while the task is not at its end.

    Raises:
        RuntimeError: it has ended, and not well.
    """
    if not answer["tasks"]:
        raise RuntimeError(f"The task of the migrations is gone: {answer.get('failures')}")
    task = answer["tasks"][0]
    if task["lastStatus"] != "STOPPED":
        return False
    statuses = {each["name"]: each.get("exitCode") for each in task["containers"]}
    status = statuses.get(properties["Container"])
    if status != 0:
        reason = task.get("stoppedReason", "")
        raise RuntimeError(
            f"The migrations ended with status {status} ({reason}); "
            f"why is in the log group {properties['LogGroup']}."
        )
    return True
