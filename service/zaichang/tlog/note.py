"""Signed notes: a text and one or more signature lines (C2SP signed-note v1.0.0).

Signatures by unknown keys are ignored, even where they share a name or an id with a known key; a known key's bad
signature refuses the whole note, as does the lack of any good one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from zaichang.core.errors import EvidenceError
from zaichang.tlog.keys import (
    KEY_ID_BYTES,
    Ed25519Cosigner,
    Signer,
    VerifiedBy,
    Verifier,
    decode_base64,
    encode_base64,
    valid_key_name,
)

MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100
"""At least 16 must be accepted; golang.org/x/mod refuses more than 100."""

_PREFIX: Final = "\u2014 "


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """A signature line, not yet checked.

    Attributes:
        name: Name of the key that claims to have signed.
        key_id: Its 32-bit id.
        signature: The bytes after the id.
    """

    name: str
    key_id: int
    signature: bytes

    def line(self) -> str:
        """Return the line, with its newline."""
        data = self.key_id.to_bytes(KEY_ID_BYTES, "big") + self.signature
        return f"{_PREFIX}{self.name} {encode_base64(data)}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A parsed note; nothing in it is checked yet.

    Attributes:
        text: The signed text, with its final newline.
        signatures: In the order of their lines.
    """

    text: bytes
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedNote:
    """A note of which at least one signature checked.

    Attributes:
        text: The signed text, with its final newline.
        verified: One entry for each known key that signed.
        unknown: Lines by keys that are not known here, unchecked.
    """

    text: bytes
    verified: tuple[VerifiedBy, ...]
    unknown: tuple[NoteSignature, ...]

    def names(self) -> tuple[str, ...]:
        """Return the names of the keys whose signatures checked."""
        return tuple(entry.name for entry in self.verified)


def parse_note(note_bytes: bytes) -> Note:
    """Split a note into text and signature lines, without checking any of it.

    Raises:
        EvidenceError: ``E_NOTE_FORMAT``.
    """
    if not isinstance(note_bytes, bytes):
        _malformed("it is not bytes")
    if len(note_bytes) > MAX_NOTE_BYTES:
        _malformed(f"{len(note_bytes)} bytes are more than {MAX_NOTE_BYTES}")
    try:
        whole = note_bytes.decode("utf-8")
    except UnicodeDecodeError as error:
        _malformed(f"byte {error.start} is not UTF-8")
    if any(c < " " and c != "\n" for c in whole):
        _malformed("it holds a control character")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        _malformed("the blank line before the signatures, or the last newline, is missing")
    signatures = tuple(_parse_line(line) for line in lines[:-1].split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        _malformed(f"more than {MAX_SIGNATURES} signatures")
    return Note(text=(text + "\n").encode("utf-8"), signatures=signatures)


def parse_signature_lines(data: bytes) -> tuple[NoteSignature, ...]:
    """Read signature lines alone, as a witness answers with.

    Raises:
        EvidenceError: ``E_NOTE_FORMAT``.
    """
    return parse_note(b"-\n\n" + data).signatures


def open_note(note_bytes: bytes, verifiers: Iterable[Verifier]) -> OpenedNote:
    """Check a note against the known keys.

    Raises:
        EvidenceError: ``E_NOTE_FORMAT`` if it is no note; ``E_NOTE_SIG`` if a known key's signature does not check,
            or no known key signed it.
    """
    note = parse_note(note_bytes)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified: dict[tuple[str, int], VerifiedBy] = {}
    unknown: list[NoteSignature] = []
    for entry in note.signatures:
        verifier = known.get((entry.name, entry.key_id))
        if verifier is None:
            unknown.append(entry)
            continue
        result = verifier.verify(note.text, entry.signature)
        if result is None:
            raise EvidenceError("E_NOTE_SIG", f"The signature of {entry.name} ({entry.key_id:08x}) does not check.")
        verified.setdefault((entry.name, entry.key_id), result)
    if not verified:
        names = ", ".join(sorted({entry.name for entry in note.signatures}))
        raise EvidenceError("E_NOTE_SIG", f"No trusted key has signed this note (signed by: {names}).")
    return OpenedNote(text=note.text, verified=tuple(verified.values()), unknown=tuple(unknown))


def format_note(text: bytes, signatures: Sequence[NoteSignature]) -> bytes:
    """Join a text and signature lines to a note.

    Raises:
        EvidenceError: ``E_NOTE_FORMAT`` if the result would not be a note.
    """
    note = text + b"\n" + "".join(entry.line() for entry in signatures).encode("utf-8")
    if parse_note(note) != Note(text=text, signatures=tuple(signatures)):
        _malformed("the text does not survive being put into a note")
    return note


def sign_note(text: bytes, signers: Sequence[Signer]) -> bytes:
    """Sign a text (ending in a newline) with each signer, in order.

    Raises:
        EvidenceError: ``E_NOTE_FORMAT`` if the text cannot be a note.
    """
    lines = [NoteSignature(name=s.name, key_id=s.key_id, signature=s.sign(text)) for s in signers]
    return format_note(text, lines)


def cosign_note(text: bytes, cosigner: Ed25519Cosigner, timestamp_s: int) -> NoteSignature:
    """Return the witness's signature line over a checkpoint's text at ``timestamp_s``."""
    return NoteSignature(name=cosigner.name, key_id=cosigner.key_id, signature=cosigner.cosign(text, timestamp_s))


def _parse_line(line: str) -> NoteSignature:
    if not line.startswith(_PREFIX):
        _malformed("a line after the blank one is not a signature")
    name, _, encoded = line.removeprefix(_PREFIX).partition(" ")
    try:
        data = decode_base64(encoded)
    except EvidenceError:
        _malformed("a signature is not canonical base64")
    if not valid_key_name(name) or len(data) <= KEY_ID_BYTES:
        _malformed("a signature line has no proper name, or too short a signature")
    return NoteSignature(name=name, key_id=int.from_bytes(data[:KEY_ID_BYTES], "big"), signature=data[KEY_ID_BYTES:])


def _malformed(what: str) -> NoReturn:
    raise EvidenceError("E_NOTE_FORMAT", f"Not a signed note: {what}.")
