"""Verifier keys ("vkeys") and signers for notes: C2SP signed-note and tlog-cosignature.

A vkey is ``name+keyid+base64(type || public key)``. Types: ``0x01`` Ed25519 over the note text, ``0x04`` timestamped
Ed25519 cosignature, ``0x06`` timestamped ML-DSA-44 cosignature (where ``cryptography`` has it), ``0xff`` with the name
``gm/sm2-sm3`` SM2 over the note text (``tlog.sm``). A ``Signer`` is an interface, so that a key may live in a file, in
a PKCS#11 device or behind a command.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.core.text import plain
from zaichang.tlog.sm import KEY_BYTES as SM2_KEY_BYTES
from zaichang.tlog.sm import public_point, verify_sm2

KEY_ID_BYTES: Final = 4
_ED25519_SIGNATURE_BYTES: Final = 64
_FIELD: Final = 2**255 - 19
_ORDER_8_Y: Final = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_ORDER_Y: Final = frozenset({0, 1, _FIELD - 1, _ORDER_8_Y, _FIELD - _ORDER_8_Y})
"""The y of the eight points whose order divides 8 (RFC 8032, section 5.1): every signature of such a key can be made
without a secret."""
_TIMESTAMP = struct.Struct(">Q")
_MAX_TIME: Final = 2**63 - 1


class SignatureType(IntEnum):
    """Signature type identifier bytes of C2SP signed-note that this module understands."""

    ED25519 = 0x01
    COSIGNATURE_ED25519 = 0x04
    COSIGNATURE_ML_DSA_44 = 0x06
    OTHER = 0xFF
    """Followed by a longer name; ``gm/sm2-sm3`` is the one that is understood."""


_KEY_BYTES: Final = {
    SignatureType.ED25519: 32,
    SignatureType.COSIGNATURE_ED25519: 32,
    SignatureType.COSIGNATURE_ML_DSA_44: 1312,
    SignatureType.OTHER: SM2_KEY_BYTES,
}

_ED25519: Final = (SignatureType.ED25519, SignatureType.COSIGNATURE_ED25519)


def safe_ed25519(public_key: bytes) -> bool:
    """Whether a 32-byte Ed25519 key has one spelling only, and is not of small order."""
    y = int.from_bytes(public_key, "little") & (2**255 - 1)
    return len(public_key) == 32 and y < _FIELD and y not in _SMALL_ORDER_Y


def decode_base64(text: str) -> bytes:
    """Decode standard base64 that is the only spelling of its bytes (RFC 4648 section 4, canonical padding bits).

    Raises:
        EvidenceError: ``E_ENCODING``.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise EvidenceError("E_ENCODING", "Not base64.") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise EvidenceError("E_ENCODING", "Base64 with padding bits or padding that are not canonical.")
    return data


def encode_base64(data: bytes) -> str:
    """Encode as standard base64."""
    return base64.b64encode(data).decode("ascii")


def valid_key_name(name: str) -> bool:
    """Whether ``name`` may name a key: non-empty, no Unicode space, no plus, no control or format character."""
    return bool(name) and plain(name) and not any(c.isspace() or c == "+" for c in name)


def key_id(name: str, signature_type: int, public_key: bytes) -> int:
    """Return the recommended 32-bit key id: ``SHA-256(name || LF || type || key)[:4]``."""
    digest = hashlib.sha256(name.encode("utf-8") + b"\n" + bytes([signature_type]) + public_key).digest()
    return int.from_bytes(digest[:KEY_ID_BYTES], "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedBy:
    """One signature that checked.

    Attributes:
        name: The key's name.
        key_id: The key's 32-bit id.
        timestamp_s: POSIX seconds that a cosignature states; 0 where the type carries no time.
    """

    name: str
    key_id: int
    timestamp_s: int = 0


class Verifier(Protocol):
    """A known key that can check signatures over a note's text."""

    @property
    def name(self) -> str:
        """The key's name."""

    @property
    def key_id(self) -> int:
        """The key's 32-bit id."""

    def verify(self, text: bytes, signature: bytes) -> VerifiedBy | None:
        """Return the signature's statement, or None if it does not check."""


class Signer(Protocol):
    """Something that signs a note's text: a file key, a PKCS#11 device, a command."""

    @property
    def name(self) -> str:
        """The key's name: a log's origin, or a witness's name."""

    @property
    def key_id(self) -> int:
        """The key's 32-bit id."""

    @property
    def vkey(self) -> str:
        """The verifier key line to publish."""

    def sign(self, text: bytes) -> bytes:
        """Return the signature bytes that follow the key id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVerifier:
    """A ``Verifier`` for the three types; make one with ``parse_vkey``."""

    name: str
    key_id: int
    signature_type: SignatureType
    public_key: bytes

    @property
    def vkey(self) -> str:
        """The verifier key line."""
        return format_vkey(self.name, self.signature_type, self.public_key)

    def verify(self, text: bytes, signature: bytes) -> VerifiedBy | None:
        """Return the signature's statement, or None if it does not check."""
        if self.signature_type is SignatureType.ED25519:
            good, seconds = _ed25519_ok(self.public_key, text, signature), 0
        elif self.signature_type is SignatureType.OTHER:
            good, seconds = verify_sm2(self.public_key, text, signature), 0
        else:
            if len(signature) <= _TIMESTAMP.size:
                return None
            (seconds,) = _TIMESTAMP.unpack(signature[: _TIMESTAMP.size])
            raw = signature[_TIMESTAMP.size :]
            if seconds > _MAX_TIME:
                return None
            if self.signature_type is SignatureType.COSIGNATURE_ED25519:
                good = _ed25519_ok(self.public_key, cosigned_message(text, seconds), raw)
            else:
                message = subtree_message(self.name, text, seconds)
                good = message is not None and _ml_dsa_ok(self.public_key, message, raw)
        return VerifiedBy(name=self.name, key_id=self.key_id, timestamp_s=seconds) if good else None


def split_vkey(text: str) -> tuple[str, int, bytes]:
    """Return a key line's name, id, and data (type and key), each well-formed but not decoded.

    Raises:
        EvidenceError: ``E_VKEY``.
    """
    name, _, rest = text.partition("+")
    id_hex, _, encoded = rest.partition("+")
    if not valid_key_name(name):
        raise EvidenceError("E_VKEY", "A verifier key must begin with a name without spaces or '+'.")
    if len(id_hex) != 2 * KEY_ID_BYTES or id_hex.strip("0123456789abcdef"):
        raise EvidenceError("E_VKEY", f"The verifier key of {name} must have an id of 8 lower-case hex digits.")
    try:
        data = decode_base64(encoded)
    except EvidenceError:
        raise EvidenceError("E_VKEY", f"The verifier key of {name} is not base64.") from None
    return name, int(id_hex, 16), data


def parse_vkey(text: str) -> KeyVerifier:
    """Read a verifier key line.

    Raises:
        EvidenceError: ``E_VKEY`` if the line is malformed, the key id does not belong to the key, the type is not one
            of those above, or an Ed25519 key is of small order or not canonical.
    """
    name, identifier, data = split_vkey(text)
    try:
        kind = SignatureType(data[0])
    except (IndexError, ValueError):
        raise EvidenceError("E_VKEY", f"The verifier key of {name} has a type that is not supported here.") from None
    if len(data) - 1 != _KEY_BYTES[kind]:
        raise EvidenceError("E_VKEY", f"The verifier key of {name} has {len(data) - 1} bytes.")
    if kind is SignatureType.OTHER and public_point(data[1:]) is None:
        raise EvidenceError("E_VKEY", f"The verifier key of {name} has a type that is not supported here.")
    if kind in _ED25519 and not safe_ed25519(data[1:]):
        raise EvidenceError(
            "E_VKEY", f"The verifier key of {name} is a weak Ed25519 key: anyone could sign, or it has two spellings."
        )
    if key_id(name, kind, data[1:]) != identifier:
        raise EvidenceError("E_VKEY", f"The id in the verifier key of {name} does not belong to that name and key.")
    return KeyVerifier(name=name, key_id=identifier, signature_type=kind, public_key=data[1:])


def format_vkey(name: str, signature_type: SignatureType, public_key: bytes) -> str:
    """Return the verifier key line for a key."""
    identifier = key_id(name, signature_type, public_key)
    return f"{name}+{identifier:08x}+{encode_base64(bytes([signature_type]) + public_key)}"


class Ed25519Signer:
    """Signs note texts as a log does (type ``0x01``).

    Args:
        name: The log's origin.
        private_key: 32 secret bytes (RFC 8032).
    """

    def __init__(self, name: str, private_key: bytes) -> None:
        """Derive the public half."""
        self._key, public = _private(name, private_key)
        self.name = name
        self.key_id = key_id(name, SignatureType.ED25519, public)
        self.vkey = format_vkey(name, SignatureType.ED25519, public)

    def sign(self, text: bytes) -> bytes:
        """Return the 64-byte signature."""
        return self._key.sign(text)


class MlDsa44Signer:
    """Signs checkpoints with ML-DSA-44 (type ``0x06``): a second line beside Ed25519, against quantum computers.

    The signature states no time (0), and covers no extension lines. Needs a ``cryptography`` that has ML-DSA.

    Args:
        name: The log's origin.
        seed: 32 secret bytes (FIPS 204).

    Raises:
        ConfigError: ``log.no_ml_dsa`` where this machine's ``cryptography`` has none.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        """Derive the public half."""
        _check_name(name)
        try:
            from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

            self._key = MLDSA44PrivateKey.from_seed_bytes(seed)
        except (ImportError, UnsupportedAlgorithm) as error:
            raise ConfigError("log.no_ml_dsa", "The installed cryptography has no ML-DSA-44.") from error
        public = self._key.public_key().public_bytes_raw()
        self.name = name
        self.key_id = key_id(name, SignatureType.COSIGNATURE_ML_DSA_44, public)
        self.vkey = format_vkey(name, SignatureType.COSIGNATURE_ML_DSA_44, public)

    def sign(self, text: bytes) -> bytes:
        """Return timestamp 0 and the signature over a checkpoint's text.

        Raises:
            EvidenceError: ``E_CHECKPOINT`` if the text is no checkpoint, or has extension lines.
        """
        message = subtree_message(self.name, text, 0)
        if message is None:
            raise EvidenceError("E_CHECKPOINT", "ML-DSA-44 signs checkpoints without extension lines only.")
        return _TIMESTAMP.pack(0) + self._key.sign(message)


class Ed25519Cosigner:
    """Signs checkpoints as a witness does (type ``0x04``), at a time the caller states.

    Args:
        name: The witness's name.
        private_key: 32 secret bytes; never the same as a log's or another witness's.
    """

    def __init__(self, name: str, private_key: bytes) -> None:
        """Derive the public half."""
        self._key, public = _private(name, private_key)
        self.name = name
        self.key_id = key_id(name, SignatureType.COSIGNATURE_ED25519, public)
        self.vkey = format_vkey(name, SignatureType.COSIGNATURE_ED25519, public)

    def cosign(self, text: bytes, timestamp_s: int) -> bytes:
        """Return timestamp and signature, as a cosignature line carries them."""
        return _TIMESTAMP.pack(timestamp_s) + self._key.sign(cosigned_message(text, timestamp_s))


def cosigned_message(text: bytes, timestamp_s: int) -> bytes:
    """Return the message of a ``0x04`` cosignature (C2SP tlog-cosignature, *Ed25519 signed message*)."""
    return b"cosignature/v1\ntime " + str(timestamp_s).encode("ascii") + b"\n" + text


def subtree_message(cosigner: str, text: bytes, timestamp_s: int) -> bytes | None:
    """Return the message of a ``0x06`` cosignature over a checkpoint, or None if ``text`` is no such checkpoint.

    The structure holds no extension lines, so a checkpoint that has some cannot be covered by it.
    """
    lines = text.decode("utf-8").split("\n")
    if len(lines) != 4 or lines[3] or not lines[1].isascii() or not lines[1].isdigit():
        return None
    name, origin = cosigner.encode("utf-8"), lines[0].encode("utf-8")
    try:
        root = decode_base64(lines[2])
    except EvidenceError:
        return None
    if len(root) != 32 or not 0 < len(name) < 256 or not 0 < len(origin) < 256 or len(lines[1]) > 19:
        return None
    parts = [b"subtree/v1\n\x00", bytes([len(name)]), name, _TIMESTAMP.pack(timestamp_s)]
    parts += [bytes([len(origin)]), origin, _TIMESTAMP.pack(0), _TIMESTAMP.pack(int(lines[1])), root]
    return b"".join(parts)


def _check_name(name: str) -> None:
    if not valid_key_name(name):
        raise ConfigError("log.key_name", "A key's name must not be empty nor hold spaces, '+' or control characters.")


def _private(name: str, private_key: bytes) -> tuple[Ed25519PrivateKey, bytes]:
    _check_name(name)
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    return key, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _ed25519_ok(public_key: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != _ED25519_SIGNATURE_BYTES or not safe_ed25519(public_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _ml_dsa_ok(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
    except ImportError:
        # An older `cryptography`: a known key that cannot be checked is a failure, never a pass.
        return False
    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
