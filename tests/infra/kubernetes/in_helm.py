"""Renders or lints the chart with Helm's own library; run by `.venv-kubernetes`.

Reads `{"chart", "values", "lint"}` as JSON from stdin and writes `{"files": {path: text}}`, or the
report of lint, or `{"refused": sentence}` when Helm would not go on.
"""

import importlib
import json
import sys
from typing import Any

# Imported by name: it is not in the environment that types are checked in.
helm: Any = importlib.import_module("helm_python")


def main() -> None:
    asked = json.load(sys.stdin)
    try:
        if asked["lint"]:
            answer = helm.lint(asked["chart"], asked["values"], strict=True)
        else:
            chart = helm.Chart.load(asked["chart"])
            names = {"name": "films", "namespace": "media"}
            answer = {"files": chart.render(asked["values"], **names)}
    except helm.HelmError as error:
        answer = {"refused": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
