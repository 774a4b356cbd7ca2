"""Records that wait to be logged: one file each, put there by a command while the service may be running.

A file is the whole leaf, so putting it into the log twice is impossible: its digest is its submission key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from zaichang.adapters.posix.folder import PRIVATE_DIR_MODE, DataFolder, storage_error, write_durably
from zaichang.core.ids import check_id

_SUFFIX: Final = ".leaf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """A leaf that waits.

    Attributes:
        institution_id: Whose log.
        name: First half of the leaf's SHA-256, as hex.
        leaf: Its bytes.
    """

    institution_id: str
    name: str
    leaf: bytes

    @property
    def key(self) -> tuple[str, int]:
        """Its submission key."""
        return f"record-{self.name}", 0


class LogSpool:
    """The folder of waiting leaves."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the data folder."""
        self._root = folder.root / "log-spool"

    def put(self, institution_id: str, leaf: bytes) -> Spooled:
        """Keep a leaf durably until it is logged.

        Raises:
            StorageError: ``storage.*`` if it cannot be kept.
        """
        entry = Spooled(
            institution_id=check_id(institution_id, "institution"),
            name=hashlib.sha256(leaf).hexdigest()[:32],
            leaf=leaf,
        )
        path = self._root / entry.institution_id / (entry.name + _SUFFIX)
        try:
            path.parent.mkdir(mode=PRIVATE_DIR_MODE, parents=True, exist_ok=True)
            write_durably(path, leaf)
        except OSError as error:
            raise storage_error(error, path) from error
        return entry

    def all(self) -> list[Spooled]:
        """Return what waits, oldest name first."""
        return [
            Spooled(institution_id=path.parent.name, name=path.stem, leaf=path.read_bytes())
            for path in sorted(self._root.glob(f"*/*{_SUFFIX}"))
            if not path.name.startswith(".")
        ]

    def done(self, entry: Spooled) -> None:
        """Forget a leaf that is in the log."""
        (self._root / entry.institution_id / (entry.name + _SUFFIX)).unlink(missing_ok=True)
