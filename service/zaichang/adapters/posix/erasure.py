"""Legal holds (``holds/<institution>/<learner>``) and pending erasure leaves (``erasures/<institution>/<alias>``)."""

from __future__ import annotations

from pathlib import Path

from zaichang.adapters.posix.folder import PRIVATE_DIR_MODE, DataFolder, storage_error, write_durably
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import InstitutionId, LearnerAlias, LearnerId, check_id


class PosixLegalHolds:
    """Legal holds as files; each file holds the reason."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the data folder."""
        self._root = folder.root / "holds"

    def put(self, institution_id: InstitutionId, learner_id: LearnerId, reason: str) -> None:
        """Put a learner's data on hold, so that it cannot be erased.

        Args:
            institution_id: The learner's institution.
            learner_id: The learner.
            reason: A word or a reference number.
        """
        path = self._path(institution_id, learner_id)
        try:
            path.parent.mkdir(mode=PRIVATE_DIR_MODE, parents=True, exist_ok=True)
            write_durably(path, check_id(reason, "reason").encode("ascii") + b"\n")
        except OSError as error:
            raise storage_error(error, path) from error

    def release(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """End a hold; without one, nothing happens."""
        self._path(institution_id, learner_id).unlink(missing_ok=True)

    def check(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """Refuse an erasure while the learner's data is on hold.

        Raises:
            NotAllowed: ``erase.hold``.
        """
        path = self._path(institution_id, learner_id)
        if path.is_file():
            reason = path.read_text(encoding="ascii").strip()
            raise NotAllowed("erase.hold", f"This learner's data is held ({reason}).", "Release the hold first.")

    def _path(self, institution_id: InstitutionId, learner_id: LearnerId) -> Path:
        return self._root / check_id(institution_id, "institution") / check_id(learner_id, "learner")


class PosixPendingErasures:
    """Erasure leaves that wait for the log, each as a file."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the data folder."""
        self._root = folder.root / "erasures"

    def put(self, institution_id: InstitutionId, alias: LearnerAlias, leaf: bytes) -> None:
        """Store a leaf durably.

        Args:
            institution_id: The institution.
            alias: The alias that replaces the erased learner.
            leaf: The leaf's bytes.
        """
        path = self._root / institution_id / alias
        try:
            path.parent.mkdir(mode=PRIVATE_DIR_MODE, parents=True, exist_ok=True)
            write_durably(path, leaf)
        except OSError as error:
            raise storage_error(error, path) from error

    def all(self) -> list[tuple[InstitutionId, LearnerAlias, bytes]]:
        """Return ``(institution, alias, leaf)`` for each waiting leaf."""
        found = sorted(path for path in self._root.glob("*/*") if path.is_file() and not path.name.startswith("."))
        return [(InstitutionId(path.parent.name), LearnerAlias(path.name), path.read_bytes()) for path in found]

    def done(self, institution_id: InstitutionId, alias: LearnerAlias) -> None:
        """Delete a leaf that is in the log, or whose erasure did not take place."""
        (self._root / institution_id / alias).unlink(missing_ok=True)
