"""What the CDK wrote, read as plain JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Resource = dict[str, Any]
Template = dict[str, Any]


@dataclass(frozen=True)
class Assembly:
    """The templates of one deployment.

    Attributes:
        folder: where they are.
        templates: by the stack's name without the deployment's: `network`, `storage` …
    """

    folder: Path
    templates: dict[str, Template]


def read_assembly(folder: Path, name: str = "framemill") -> Assembly:
    templates = {
        path.name.removeprefix(f"{name}-").removesuffix(".template.json"): json.loads(
            path.read_text()
        )
        for path in sorted(folder.glob("*.template.json"))
    }
    return Assembly(folder, templates)


def resources(template: Template, kind: str) -> dict[str, Resource]:
    """Return the resources of a type, such as `AWS::SQS::Queue`, by their logical ids."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def properties(template: Template, kind: str, starts: str = "") -> dict[str, Any]:
    """Return the properties of the only resource of a type whose logical id starts so."""
    [found] = [
        resource.get("Properties", {})
        for name, resource in resources(template, kind).items()
        if name.startswith(starts)
    ]
    assert isinstance(found, dict)
    return found


def statements(template: Template, kind: str = "AWS::IAM::Policy") -> Iterator[dict[str, Any]]:
    """Yield every statement of the policies of a type, with `Action` and `Resource` as lists."""
    for resource in resources(template, kind).values():
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
            yield {
                key: value if key not in {"Action", "Resource"} or isinstance(value, list)
                else [value]
                for key, value in statement.items()
            }  # fmt: skip
