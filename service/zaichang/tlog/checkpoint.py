"""Checkpoints: a log's signed statement of its size and root (C2SP tlog-checkpoint v1.0.0)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from zaichang.core.errors import EvidenceError
from zaichang.core.text import plain
from zaichang.tlog.keys import Signer, Verifier, decode_base64, encode_base64
from zaichang.tlog.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE
from zaichang.tlog.note import OpenedNote, open_note, sign_note


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log's statement of its size and root.

    Attributes:
        origin: The log's name.
        size: Number of leaves.
        root: Root hash over them, 32 bytes.
        extensions: Further lines. This project writes none, because they cannot be audited, and keeps those it reads.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def body(self) -> bytes:
        """Return the note text."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(line + "\n" for line in lines).encode("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint whose log signature checked.

    Attributes:
        checkpoint: The statement.
        note: The whole signed note.
        opened: The known keys that signed it.
    """

    checkpoint: Checkpoint
    note: bytes
    opened: OpenedNote


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read a checkpoint's note text.

    Raises:
        EvidenceError: ``E_CHECKPOINT`` naming the line.
    """
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        _malformed("it is not UTF-8")
    if len(lines) < 4 or lines.pop() != "":
        _malformed("it needs three lines, each ending in a newline")
    origin, size_text, root_text, *extensions = lines
    if not origin:
        _malformed("the origin is empty")
    if not plain(origin):
        _malformed("the origin holds control or format characters")
    size = parse_size(size_text)
    if size is None:
        _malformed("the size is not a decimal number without leading zeroes below 2^63")
    try:
        root = decode_base64(root_text)
    except EvidenceError:
        _malformed("the root hash is not base64")
    if len(root) != HASH_BYTES:
        _malformed(f"the root hash has {len(root)} bytes")
    if size == 0 and root != EMPTY_ROOT:
        _malformed("an empty tree has one possible root, and this is another")
    if not all(extensions):
        _malformed("an extension line is empty")
    return Checkpoint(origin=origin, size=size, root=root, extensions=tuple(extensions))


def parse_size(text: str) -> int | None:
    """Read an ASCII decimal without leading zeroes, at most 2^63 - 1; None if it is something else."""
    if not text.isascii() or not text.isdigit() or len(text) > 19 or (text[0] == "0" and text != "0"):
        return None
    value = int(text)
    return value if value <= MAX_SIZE else None


def open_checkpoint(note_bytes: bytes, verifiers: Iterable[Verifier], origin: str | None = None) -> SignedCheckpoint:
    """Check a signed checkpoint: a known key *named like the origin* must have signed it.

    Args:
        note_bytes: The signed note.
        verifiers: The log's key and, where known, the witnesses'.
        origin: The log that it must be of; None for whichever log's key is among ``verifiers``.

    Raises:
        EvidenceError: ``E_NOTE_FORMAT``, ``E_NOTE_SIG``, ``E_CHECKPOINT``; ``E_ORIGIN`` if it is another log's.
    """
    opened = open_note(note_bytes, verifiers)
    checkpoint = parse_checkpoint(opened.text)
    if origin is not None and checkpoint.origin != origin:
        raise EvidenceError("E_ORIGIN", f"This is a checkpoint of {checkpoint.origin}, not of {origin}.")
    if checkpoint.origin not in opened.names():
        raise EvidenceError("E_NOTE_SIG", f"The log {checkpoint.origin} has not signed this checkpoint itself.")
    return SignedCheckpoint(checkpoint=checkpoint, note=note_bytes, opened=opened)


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """Return the signed note.

    Raises:
        EvidenceError: ``E_CHECKPOINT`` or ``E_NOTE_FORMAT`` if the parts cannot be a checkpoint.
    """
    body = checkpoint.body()
    if parse_checkpoint(body) != checkpoint:
        _malformed("its parts do not survive being written and read")
    return sign_note(body, signers)


def _malformed(what: str) -> NoReturn:
    raise EvidenceError("E_CHECKPOINT", f"Not a checkpoint: {what}.")
