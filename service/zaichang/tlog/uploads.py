"""``upload`` leaves: a submission to a platform and its answer, by digest, over a range of the log that exists."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.core.enums import LeafKind
from zaichang.core.errors import ConfigError
from zaichang.tlog.leaf import record


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A submission to a platform, or the platform's answer to one.

    Attributes:
        target: The platform, a lower-case word.
        from_index: First log entry that the submission covers.
        to_index: Last one.
        request: SHA-256 of the submission, 32 bytes.
        response: SHA-256 of the answer, 32 bytes.
        status: The platform's status code.
    """

    target: str
    from_index: int
    to_index: int
    request: bytes
    response: bytes
    status: int


def upload_leaf(upload: Upload, origin: str, size: int, at_ms: int) -> bytes:
    """Return the leaf of an upload.

    Args:
        upload: The submission.
        origin: The log that the range belongs to, and that the leaf enters.
        size: Number of entries that its published checkpoint covers.
        at_ms: Server time.

    Raises:
        ConfigError: ``log.range`` where the range is none, or ends behind the log's last entry.
        EvidenceError: ``E_SCHEMA`` naming the field.
    """
    if not 0 <= upload.from_index <= upload.to_index:
        raise ConfigError("log.range", "--from-index and --to-index must be a range of log indexes.")
    if upload.to_index >= size:
        raise ConfigError(
            "log.range",
            f"The log {origin} has {size} entries; an upload up to index {upload.to_index} cannot be of it.",
            f"The last index is {size - 1}." if size else "",
        )
    fields = {
        "target": upload.target,
        "from_index": upload.from_index,
        "to_index": upload.to_index,
        "request": upload.request,
        "response": upload.response,
        "status": upload.status,
    }
    return record(LeafKind.UPLOAD, origin, at_ms, **fields)
