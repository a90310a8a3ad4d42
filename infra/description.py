"""The one definition of bucket rules and queues: what LocalStack is given, AWS is given too."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def described() -> dict[str, Any]:
    """Return what `localstack/resources.json` says of the bucket and the queues."""
    description: dict[str, Any] = json.loads((ROOT / "localstack" / "resources.json").read_text())
    return description
