"""What a rendered chart holds, and how to find one's way in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "infra" / "kubernetes" / "framemill"
# What the chart cannot know.
VALUES: dict[str, Any] = {
    "image": {"registry": "111122223333.dkr.ecr.eu-west-1.amazonaws.com"},
    "aws": {
        "region": "eu-west-1",
        "bucket": "films-media",
        "queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/films-tasks",
    },
    "ingress": {"className": "alb", "host": "films.example"},
}
_FROM_TEMPLATES = ("Deployment", "Job")

Object = dict[str, Any]


@dataclass(frozen=True)
class Rendered:
    """The objects of a release named `films`."""

    objects: list[Object]

    def of(self, kind: str) -> list[Object]:
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str, component: str) -> Object:
        """The only object of a kind that belongs to a component."""
        [found] = [each for each in self.of(kind) if component_of(each) == component]
        return found

    def pods(self) -> dict[str, Object]:
        """The pod templates by component."""
        makers = [each for kind in _FROM_TEMPLATES for each in self.of(kind)]
        return {component_of(each): each["spec"]["template"] for each in makers}

    def variables(self, component: str) -> dict[str, str]:
        """The environment that a component's container gets, ConfigMaps taken in."""
        [container] = self.pods()[component]["spec"]["containers"]
        maps = {each["metadata"]["name"]: each["data"] for each in self.of("ConfigMap")}
        found: dict[str, str] = {}
        for source in container.get("envFrom", ()):
            found |= maps[source["configMapRef"]["name"]]
        return found | {item["name"]: item["value"] for item in container.get("env", ())}


def component_of(each: Object) -> str:
    label: str = each["metadata"]["labels"]["app.kubernetes.io/component"]
    return label


def read(files: Mapping[str, str]) -> Rendered:
    """Read what Helm wrote, in the order of the files' names."""
    texts = [text for path, text in sorted(files.items()) if path.endswith(".yaml")]
    objects = [each for text in texts for each in yaml.safe_load_all(text) if each]
    return Rendered(objects)


def changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values with some replaced: `{"keda.enabled": False}`."""
    result = yaml.safe_load(yaml.safe_dump(dict(values)))
    for path, value in changes.items():
        *folders, name = path.split(".")
        place = result
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = value
    return dict(result)


def bytes_of(quantity: str) -> int:
    """Bytes of a quantity such as `60Gi`."""
    match = re.fullmatch(r"(\d+)([KMGT]i)", quantity)
    assert match, quantity
    return int(match[1]) << 10 * ("KMGT".index(match[2][0]) + 1)


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below, with its path."""
    yield path, value
    items = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = dict(enumerate(value)).items()
    for name, inner in items:
        yield from walk(inner, f"{path}/{name}")
