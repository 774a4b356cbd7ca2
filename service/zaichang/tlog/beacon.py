"""A beacon for capture schedules: one value for each checkpoint. Only a witness can make it, and none can choose it.

The witness signs the checkpoint's origin, size and root with RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2): the only valid
signature for that key and text, so neither the asker nor the signer can draw again. The beacon is its SHA-256.
Cosignatures do not suffice: they state a time, so each second gives another one. The line is a note signature of type
``0xff``, which readers that do not know it ignore.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, parse_checkpoint
from zaichang.tlog.keys import SignatureType, encode_base64, format_vkey, key_id, split_vkey
from zaichang.tlog.note import NoteSignature, parse_note

TYPE_NAME: Final = b"zaichang/beacon-rsa-sha256"
"""The name after the type byte ``0xff`` (C2SP signed-note: a longer unique identifier)."""

MIN_BITS: Final = 2048
MAX_BITS: Final = 8192
EXPONENT: Final = 65537
"""The only exponent: one that is not coprime to the group's order would allow several signatures for one text."""
_TAG: Final = b"vm/beacon/v1\n"


def beacon_message(checkpoint: Checkpoint) -> bytes:
    """Return the signed text: a tag, origin, size and root. It has no extension lines, which would allow new draws."""
    lines = (checkpoint.origin, str(checkpoint.size), encode_base64(checkpoint.root))
    return _TAG + "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class BeaconKey:
    """A witness's public key for beacons; make one with ``parse_beacon_key``."""

    name: str
    key_id: int
    public_key: bytes

    @property
    def vkey(self) -> str:
        """The key line to publish."""
        return format_vkey(self.name, SignatureType.OTHER, TYPE_NAME + self.public_key)

    def beacon(self, checkpoint: Checkpoint, signature: bytes) -> bytes | None:
        """Return the beacon that the signature gives, or None if it does not check."""
        key = _public(self.public_key)
        if key is None:
            return None
        try:
            key.verify(signature, beacon_message(checkpoint), PKCS1v15(), SHA256())
        except InvalidSignature:
            return None
        return hashlib.sha256(signature).digest()


def parse_beacon_key(text: str) -> BeaconKey:
    """Read a key line: ``name+keyid+base64(0xff || type name || DER)``.

    Raises:
        EvidenceError: ``E_VKEY``.
    """
    name, identifier, data = split_vkey(text)
    head = bytes([SignatureType.OTHER]) + TYPE_NAME
    public = data.removeprefix(head)
    if not data.startswith(head) or _public(public) is None:
        raise EvidenceError(
            "E_VKEY", f"The key of {name} is no beacon key: RSA of {MIN_BITS} to {MAX_BITS} bits, exponent {EXPONENT}."
        )
    if key_id(name, SignatureType.OTHER, data[1:]) != identifier:
        raise EvidenceError("E_VKEY", f"The id in the beacon key of {name} does not belong to that name and key.")
    return BeaconKey(name=name, key_id=identifier, public_key=public)


def find_beacon(note: bytes, keys: Iterable[BeaconKey]) -> tuple[Checkpoint, bytes] | None:
    """Return a note's checkpoint and its beacon; None where there is no line by a known key.

    Nothing else of the note is checked.

    Raises:
        EvidenceError: ``E_NOTE_FORMAT``, ``E_CHECKPOINT``; ``E_NOTE_SIG`` where a known key's line does not check.
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    known = {(key.name, key.key_id): key for key in keys}
    for entry in parsed.signatures:
        key = known.get((entry.name, entry.key_id))
        if key is None:
            continue
        value = key.beacon(checkpoint, entry.signature)
        if value is None:
            raise EvidenceError("E_NOTE_SIG", f"The beacon of {entry.name} ({entry.key_id:08x}) does not check.")
        return checkpoint, value
    return None


class BeaconSigner:
    """Makes a witness's beacons.

    Args:
        name: The witness's name.
        key: Its RSA key for beacons, used for nothing else.
    """

    def __init__(self, name: str, key: RSAPrivateKey) -> None:
        """Derive the public half."""
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        identifier = key_id(name, SignatureType.OTHER, TYPE_NAME + public)
        self._key = key
        self.public = BeaconKey(name=name, key_id=identifier, public_key=public)

    def sign(self, checkpoint: Checkpoint) -> NoteSignature:
        """Return the checkpoint's one beacon line."""
        signature = self._key.sign(beacon_message(checkpoint), PKCS1v15(), SHA256())
        return NoteSignature(name=self.public.name, key_id=self.public.key_id, signature=signature)


def _public(der: bytes) -> RSAPublicKey | None:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, RSAPublicKey) or not MIN_BITS <= key.key_size <= MAX_BITS:
        return None
    return key if key.public_numbers().e == EXPONENT else None
