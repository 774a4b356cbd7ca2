"""Legal holds (``holds/<institution>/<learner>``) and pending erasure leaves (``erasures/<institution>/<alias>``)."""

from __future__ import annotations

from pathlib import Path

from zaichang.adapters.posix.folder import PRIVATE_DIR_MODE, DataFolder, storage_error, write_durably
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import check_id


class PosixLegalHolds:
    """A hold is a file with its reason."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the data folder."""
        self._root = folder.root / "holds"

    def put(self, institution_id: str, learner_id: str, reason: str) -> None:
        """Hold a learner's data, for a reason (a word or a reference number)."""
        path = self._path(institution_id, learner_id)
        try:
            path.parent.mkdir(mode=PRIVATE_DIR_MODE, parents=True, exist_ok=True)
            write_durably(path, check_id(reason, "reason").encode("ascii") + b"\n")
        except OSError as error:
            raise storage_error(error, path) from error

    def release(self, institution_id: str, learner_id: str) -> None:
        """End a hold; harmless where there is none."""
        self._path(institution_id, learner_id).unlink(missing_ok=True)

    def check(self, institution_id: str, learner_id: str) -> None:
        """Refuse if there is a hold.

        Raises:
            NotAllowed: ``erase.hold``.
        """
        path = self._path(institution_id, learner_id)
        if path.is_file():
            reason = path.read_text(encoding="ascii").strip()
            raise NotAllowed("erase.hold", f"This learner's data is held ({reason}).", "Release the hold first.")

    def _path(self, institution_id: str, learner_id: str) -> Path:
        return self._root / check_id(institution_id, "institution") / check_id(learner_id, "learner")


class PosixPendingErasures:
    """A pending leaf is a file."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the data folder."""
        self._root = folder.root / "erasures"

    def put(self, institution_id: str, alias: str, leaf: bytes) -> None:
        """Keep a leaf durably."""
        path = self._root / institution_id / alias
        try:
            path.parent.mkdir(mode=PRIVATE_DIR_MODE, parents=True, exist_ok=True)
            write_durably(path, leaf)
        except OSError as error:
            raise storage_error(error, path) from error

    def all(self) -> list[tuple[str, str, bytes]]:
        """Return institution, alias and leaf of each."""
        found = sorted(path for path in self._root.glob("*/*") if path.is_file() and not path.name.startswith("."))
        return [(path.parent.name, path.name, path.read_bytes()) for path in found]

    def done(self, institution_id: str, alias: str) -> None:
        """Forget a leaf that is in the log, or whose erasure never came to pass."""
        (self._root / institution_id / alias).unlink(missing_ok=True)
