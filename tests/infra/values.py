"""Reads values of templates as they will be: references become names that can be compared."""

from typing import Any


def flat(value: Any) -> str:
    """Return a value as text; of a reference, the word that follows its stack's name."""
    if isinstance(value, (str, int)):
        return str(value)
    [(function, argument)] = value.items()
    if function == "Fn::Join":
        return str(argument[0]).join(flat(part) for part in argument[1])
    if function == "Fn::GetAtt":
        return ".".join(argument)
    assert isinstance(argument, str), value
    return argument.rpartition(":ExportsOutput")[2]


def environment(container: dict[str, Any]) -> dict[str, str]:
    """Return the variables of a container of a task definition."""
    return {each["Name"]: flat(each["Value"]) for each in container.get("Environment", ())}


def container(task: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a container of a task definition."""
    [found] = [each for each in task["ContainerDefinitions"] if each["Name"] == name]
    assert isinstance(found, dict)
    return found


def actions(statement: dict[str, Any]) -> list[str]:
    """Return the actions of a statement of a policy."""
    found = statement["Action"]
    return found if isinstance(found, list) else [found]
