"""A witness's decision on a checkpoint (C2SP tlog-witness v1.0.0, ``add-checkpoint``). Pure.

A witness keeps one size and root per log. It signs only checkpoints that extend the log it knows. So a log that shows
two readers two histories gets a cosignature for at most one of them. It sees size and root, never a leaf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import parse_checkpoint, parse_size
from zaichang.tlog.keys import Verifier, decode_base64, encode_base64
from zaichang.tlog.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency
from zaichang.tlog.note import open_note, parse_note

MAX_PROOF: Final = 63
MAX_REQUEST_BYTES: Final = 1_000_000
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The largest tree of a log that a witness has cosigned."""

    size: int
    root: bytes


NOTHING: Final = Seen(size=0, root=EMPTY_ROOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """A request.

    Attributes:
        old_size: Size of the checkpoint that the sender believes the witness has.
        proof: Consistency proof from there.
        note: The new signed checkpoint.
    """

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The checkpoint may be cosigned, once ``seen`` is stored durably for ``origin``."""

    origin: str
    before: Seen
    seen: Seen
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The request is refused with an HTTP status."""

    status: int
    body: str
    content_type: str = TEXT_TYPE


def format_request(request: AddCheckpoint) -> bytes:
    """Return a request's body."""
    lines = [f"old {request.old_size}", *(encode_base64(value) for value in request.proof)]
    return ("\n".join(lines) + "\n\n").encode("ascii") + request.note


def parse_request(body: bytes) -> AddCheckpoint:
    """Read a request's body.

    Raises:
        EvidenceError: ``E_WITNESS_REQUEST``.
    """
    if len(body) > MAX_REQUEST_BYTES:
        raise EvidenceError("E_WITNESS_REQUEST", f"A request of {len(body)} bytes is too long.")
    head, gap, note = body.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise EvidenceError("E_WITNESS_REQUEST", "The lines before the checkpoint must be ASCII.") from None
    size = parse_size(lines[0].removeprefix("old ")) if lines[0].startswith("old ") else None
    if size is None or not gap:
        raise EvidenceError(
            "E_WITNESS_REQUEST", "The request must begin with 'old', a size, a proof and an empty line."
        )
    if len(lines) - 1 > MAX_PROOF:
        raise EvidenceError("E_WITNESS_REQUEST", f"A proof of more than {MAX_PROOF} lines.")
    try:
        proof = tuple(decode_base64(line) for line in lines[1:])
    except EvidenceError:
        raise EvidenceError("E_WITNESS_REQUEST", "A proof line is not base64.") from None
    if any(len(value) != HASH_BYTES for value in proof):
        raise EvidenceError("E_WITNESS_REQUEST", "A proof line is not a hash.")
    return AddCheckpoint(old_size=size, proof=proof, note=note)


def origin_of(note: bytes) -> str:
    """Return the origin that a note claims, unchecked.

    Raises:
        EvidenceError: ``E_NOTE_FORMAT``, ``E_CHECKPOINT``.
    """
    return parse_checkpoint(parse_note(note).text).origin


def judge(request: AddCheckpoint, keys: Mapping[str, Sequence[Verifier]], seen: Seen) -> Accepted | Refused:
    """Decide on a request.

    Args:
        request: The request.
        keys: The trusted keys of each known log, by origin.
        seen: The last cosigned state of the log, ``NOTHING`` for a log that is new to this witness.
    """
    try:
        origin = origin_of(request.note)
    except EvidenceError as error:
        return Refused(status=400, body=f"{error.message}\n")
    verifiers = keys.get(origin)
    if verifiers is None:
        return Refused(status=404, body="This witness does not know the log.\n")
    try:
        opened = open_note(request.note, verifiers)
    except EvidenceError as error:
        return Refused(status=403, body=f"{error.message}\n")
    checkpoint = parse_checkpoint(opened.text)
    if request.old_size > checkpoint.size:
        return Refused(status=400, body="The old size is above the checkpoint's.\n")
    if request.old_size != seen.size:
        return Refused(status=409, body=f"{seen.size}\n", content_type=SIZE_TYPE)
    if checkpoint.size == seen.size and checkpoint.root != seen.root:
        return Refused(status=409, body=f"{seen.size}\n", content_type=SIZE_TYPE)
    try:
        verify_consistency(seen.size, checkpoint.size, request.proof, seen.root, checkpoint.root)
    except EvidenceError as error:
        return Refused(status=422, body=f"{error.message}\n")
    return Accepted(origin=origin, before=seen, seen=Seen(size=checkpoint.size, root=checkpoint.root), text=opened.text)
