"""`python -m backend.http.document`: prints the OpenAPI document.

It opens nothing and reads no environment variables, so the document is the same everywhere.
"""

import json
import sys

from pydantic import SecretStr

from backend.app import create_app
from backend.settings import Settings


def written() -> str:
    """Return the document as JSON, written the same way each time."""
    # Constructed, not loaded: the document must not depend on the environment.
    nowhere = Settings.model_construct(
        framemill_mode="embedded", database_url=SecretStr(""), redis_url=SecretStr("")
    )
    document = create_app(nowhere).openapi()
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(written())
