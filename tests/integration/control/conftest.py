"""These tests look at all that is due, so nothing may be left of others."""

import pytest


@pytest.fixture(autouse=True)
def _alone(clean: None) -> None:
    """Begin with empty tables."""
