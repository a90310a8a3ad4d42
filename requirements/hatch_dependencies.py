"""Gives the package the same dependencies that `requirements/runtime.in` names."""

from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RuntimeDependencies(MetadataHookInterface):
    """Reads the list once, so that it stands in one place only."""

    def update(self, metadata: dict[str, object]) -> None:
        """Fill in `dependencies` from the requirement list."""
        lines = Path(self.root, "requirements", "runtime.in").read_text().splitlines()
        metadata["dependencies"] = [line for line in lines if line and not line.startswith("#")]
