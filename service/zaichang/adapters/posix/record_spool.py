"""Records that wait for the log, one file each. Commands write them while the service may be running."""

from __future__ import annotations

import hashlib
from typing import Final

from zaichang.adapters.posix.folder import PRIVATE_DIR_MODE, DataFolder, storage_error, write_durably
from zaichang.core.ids import InstitutionId, check_id
from zaichang.ports.log.command_records import WaitingRecord

_SUFFIX: Final = ".leaf"


class PosixRecordSpool:
    """A ``RecordSpool`` in the data folder: ``log-spool/<institution>/<name>.leaf``."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the data folder."""
        self._root = folder.root / "log-spool"

    def put(self, institution_id: InstitutionId, leaf: bytes) -> WaitingRecord:
        """Keep a leaf durably until it is logged.

        Raises:
            StorageError: ``storage.*`` if it cannot be kept.
        """
        record = WaitingRecord(
            institution_id=check_id(institution_id, "institution"),
            name=hashlib.sha256(leaf).hexdigest()[:32],
            leaf=leaf,
        )
        path = self._root / record.institution_id / (record.name + _SUFFIX)
        try:
            path.parent.mkdir(mode=PRIVATE_DIR_MODE, parents=True, exist_ok=True)
            write_durably(path, leaf)
        except OSError as error:
            raise storage_error(error, path) from error
        return record

    def all(self) -> list[WaitingRecord]:
        """Return the waiting records, sorted by institution and name."""
        return [
            WaitingRecord(institution_id=InstitutionId(path.parent.name), name=path.stem, leaf=path.read_bytes())
            for path in sorted(self._root.glob(f"*/*{_SUFFIX}"))
            if not path.name.startswith(".")
        ]

    def done(self, record: WaitingRecord) -> None:
        """Delete a record that is in the log; harmless where it is gone."""
        (self._root / record.institution_id / (record.name + _SUFFIX)).unlink(missing_ok=True)
