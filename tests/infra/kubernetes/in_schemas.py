"""Checks objects against the schemas of Kubernetes and KEDA; run by `.venv-kubernetes`.

Reads `{"objects", "versions"}` as JSON from stdin and writes a list of complaints, one for each
object and version that does not fit. Fields that are not known do not fit.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any

# Imported by name: they are not in the environment that types are checked in.
kubernetes: Any = importlib.import_module("kubernetes_validate")
_KEDA = "cloudcoil.models.keda.v1alpha1"


def main() -> None:
    asked = json.load(sys.stdin)
    json.dump(list(complaints(asked["objects"], asked["versions"])), sys.stdout)


def complaints(objects: list[dict[str, Any]], versions: list[str]) -> Iterator[str]:
    for each in objects:
        name = f"{each['kind']} {each['metadata']['name']}"
        if each["apiVersion"].startswith("keda.sh/"):
            yield from (f"{name}: {wrong}" for wrong in _by_keda(each))
            continue
        for version in versions:
            try:
                judged = kubernetes.validate(each, version, strict=True)
            except (kubernetes.ValidationError, kubernetes.SchemaNotFoundError) as error:
                yield f"{name}, {version}: {error.message}"
            else:
                # Asked for one that it lacks, it takes the one before.
                if judged != version:
                    yield f"{name}: the schemas of {version} are not there, only of {judged}"


def _by_keda(each: dict[str, Any]) -> Iterator[str]:
    keda = importlib.import_module(_KEDA)  # only where it is needed: it takes a second
    try:
        found = getattr(keda, each["kind"]).model_validate(each)
    except ValueError as error:
        yield str(error)
        return
    # What the definition does not know is left out without a word.
    kept = found.model_dump(mode="json", by_alias=True, exclude_unset=True)
    yield from _lost(each, kept, "")


def _lost(given: Any, kept: Any, place: str) -> Iterator[str]:
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():
            if name not in kept:
                yield f"{place}.{name} is not known"
            else:
                yield from _lost(value, kept[name], f"{place}.{name}")
    elif isinstance(given, list) and isinstance(kept, list):
        for index, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from _lost(one, other, f"{place}[{index}]")
    elif given != kept:
        yield f"{place} is {given!r}, and KEDA would read {kept!r}"


if __name__ == "__main__":
    main()
