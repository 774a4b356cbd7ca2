"""Build hook: the simulation works with exactly the service that it was made with."""

from __future__ import annotations

from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class SameVersion(MetadataHookInterface):
    """Names the service of the same version as the only dependency."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dependencies."""
        metadata["dependencies"] = [f"zaichang[service]=={metadata['version']}"]
