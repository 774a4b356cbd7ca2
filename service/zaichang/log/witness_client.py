"""A log's side of the witness protocol: request cosignatures, store the cosigned checkpoint, ask for a known size."""

from __future__ import annotations

import http.client
from typing import Final

from zaichang.core.errors import ConfigError, EvidenceError, NotFound, StorageError
from zaichang.log.exchange import Exchange
from zaichang.log.reader import LogReader
from zaichang.ports.log.side_files import SideFile, SideFiles
from zaichang.tlog.checkpoint import parse_checkpoint, parse_size
from zaichang.tlog.keys import KeyVerifier
from zaichang.tlog.note import Note, format_note, open_note, parse_note, parse_signature_lines
from zaichang.tlog.witness import AddCheckpoint, format_request

DEADLINE_S: Final = 10.0
"""For a whole exchange with a witness, whatever it sends."""
_ANSWER_MAX: Final = 100_000


def make_request(reader: LogReader, old_size: int) -> bytes:
    """Return the request for a cosignature over the log's checkpoint, from a size that the witness has seen.

    Raises:
        EvidenceError: ``E_CONSISTENCY`` if the witness has seen more than this log holds: an old backup was restored.
    """
    proof = tuple(reader.tree.consistency_proof(old_size)) if old_size else ()
    return format_request(AddCheckpoint(old_size=old_size, proof=proof, note=reader.checkpoint.note))


def ask(url: str, reader: LogReader, old_size: int = 0, deadline_s: float = DEADLINE_S) -> bytes:
    """Ask a witness over HTTP; return its signature lines. A wrong ``old_size`` is corrected by its answer.

    Raises:
        StorageError: ``witness.unreachable``.
        EvidenceError: ``E_WITNESS_REFUSED``; ``E_CONSISTENCY`` as ``make_request``.
    """
    for _ in range(2):
        status, body = _post(url, make_request(reader, old_size), deadline_s)
        if status == 200:
            return body
        known = parse_size(body.decode("ascii", "replace").strip()) if status == 409 else None
        if known is None or known == old_size:
            break
        old_size = known
    raise EvidenceError("E_WITNESS_REFUSED", f"The witness answered {status}: {body[:200].decode('utf-8', 'replace')}")


def known_size(url: str, reader: LogReader, deadline_s: float = DEADLINE_S) -> int:
    """Return the largest size of this log that a witness has cosigned; 0 for none.

    Asking means sending the log's checkpoint: a witness that has seen nothing cosigns it.

    Raises:
        StorageError: ``witness.unreachable``.
    """
    status, body = _post(url, make_request(reader, 0), deadline_s)
    if status == 409:
        return parse_size(body.decode("ascii", "replace").strip()) or 0
    return reader.size if status == 200 else 0


def add_cosignatures(note: bytes, lines: bytes, witnesses: list[KeyVerifier]) -> bytes:
    """Return the checkpoint with those of the cosignatures that check.

    Raises:
        EvidenceError: ``E_NOTE_SIG`` if none of a known witness does.
    """
    parsed = parse_note(note)
    answer = format_note(parsed.text, parse_signature_lines(lines))
    good = {(entry.name, entry.key_id) for entry in open_note(answer, witnesses).verified}
    present = {(entry.name, entry.key_id) for entry in parsed.signatures}
    added = [
        entry
        for entry in parse_note(answer).signatures
        if (entry.name, entry.key_id) in good and (entry.name, entry.key_id) not in present
    ]
    whole = Note(text=parsed.text, signatures=(*parsed.signatures, *added))
    return format_note(whole.text, whole.signatures)


def keep_witnessed(side_files: SideFiles, note: bytes) -> None:
    """Publish a cosigned checkpoint, unless a larger one is published already.

    Raises:
        StorageError: ``witness.write``.
    """
    try:
        published = side_files.read(SideFile.WITNESSED)
        if published is not None and _size(published) > _size(note):
            return
        side_files.replace(SideFile.WITNESSED, note)
    except StorageError as error:
        raise StorageError("witness.write", f"The cosigned checkpoint cannot be kept ({error.message}).") from error


def witnessed(side_files: SideFiles) -> bytes:
    """Return the newest cosigned checkpoint.

    Raises:
        NotFound: ``witness.none_yet``.
        StorageError: It cannot be read.
    """
    note = side_files.read(SideFile.WITNESSED)
    if note is None:
        raise NotFound("witness.none_yet", "No witness has cosigned this log yet.")
    return note


def _size(note: bytes) -> int:
    return parse_checkpoint(parse_note(note).text).size


def _post(url: str, body: bytes, deadline_s: float) -> tuple[int, bytes]:
    exchange = Exchange(url, ConfigError("witness.url", "A witness's address begins with http:// or https://."))
    try:
        return exchange.request("POST", "/add-checkpoint", body, _ANSWER_MAX, deadline_s)
    except (OSError, http.client.HTTPException) as error:
        raise StorageError("witness.unreachable", f"The witness does not answer ({type(error).__name__}).") from error
    finally:
        exchange.close()
