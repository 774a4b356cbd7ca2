"""Chinese commercial cryptography (国密): SM2 signature lines, and a tree with SM3 beside the log's SHA-256 tree.

Neither replaces anything. Every C2SP tool checks the SHA-256 tree and its Ed25519 line as before, and readers that do
not know type ``0xff`` ignore the SM2 line. Where an assessor (GB/T 39786, 密评) asks for SM3 over stored data, the
checkpoint ``<origin>/sm3`` covers exactly the same entry bytes.

SM2 with SM3: GB/T 32918.2, user id ``1234567812345678`` (GB/T 35276), signature ``r || s`` of 32 bytes each. Checking
needs ``gmalg`` (the extra ``[sm]``); SM3 comes with ``cryptography``.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.hashes import SM3, Hash

from zaichang.core.errors import ConfigError

TYPE_NAME: Final = b"gm/sm2-sm3"
"""Comes after the type byte ``0xff`` (C2SP signed-note: a longer unique identifier)."""

USER_ID: Final = b"1234567812345678"
SUFFIX: Final = "/sm3"
"""Added to a log's origin, gives the origin of its SM3 tree."""

_SPKI: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
_POINT_BYTES: Final = 65
SIGNATURE_BYTES: Final = 64
KEY_BYTES: Final = len(TYPE_NAME) + len(_SPKI) + _POINT_BYTES


def encode_public(point: bytes) -> bytes:
    """Return the key bytes of a verifier key line for an SM2 public key ``04 || x || y``: type name, then DER."""
    return TYPE_NAME + _SPKI + point


def public_point(key: bytes) -> bytes | None:
    """Return the point in the key bytes that ``encode_public`` made, or None for other bytes."""
    head = TYPE_NAME + _SPKI
    point = key[len(head) :]
    return point if key.startswith(head) and len(point) == _POINT_BYTES and point[0] == 4 else None


def verify_sm2(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether an SM2-with-SM3 signature is valid.

    Args:
        key: As in the verifier key: see ``encode_public``.
        message: The signed bytes.
        signature: 64 bytes.

    Raises:
        ConfigError: ``verify.no_sm`` where the extra ``[sm]`` is not installed, so the signature cannot be judged.
    """
    try:
        import gmalg
    except ImportError as error:
        raise ConfigError(
            "verify.no_sm", "This needs SM2, which is not installed here.", "Install it: pip install 'zaichang[sm]'."
        ) from error
    point = public_point(key)
    if point is None or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        checker = gmalg.SM2(uid=USER_ID, pk=point)
        return bool(checker.verify_pk(point)) and bool(checker.verify(message, signature[:32], signature[32:]))
    except (gmalg.errors.GMError, ValueError, IndexError, TypeError):
        return False


def sm3(*parts: bytes) -> bytes:
    """Return the 32-byte SM3 digest of the concatenated parts."""
    digest = Hash(SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


class Sm3Tree:
    """A growing Merkle tree: RFC 6962's shape with SM3 in place of SHA-256.

    Args:
        size: Number of entries so far.
        perfect: Roots of its perfect subtrees, largest first: one for each 1 bit of ``size``.

    Raises:
        ValueError: If the number of roots does not match ``size``.
    """

    def __init__(self, size: int = 0, perfect: tuple[bytes, ...] = ()) -> None:
        """Continue from a state."""
        if size < 0 or len(perfect) != size.bit_count() or any(len(root) != 32 for root in perfect):
            raise ValueError("not the state of a tree")
        self.size = size
        self._perfect = list(perfect)

    @property
    def perfect(self) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees; with ``size`` they are the whole state."""
        return tuple(self._perfect)

    def append(self, entry: bytes) -> None:
        """Add one entry's bytes."""
        root, size = sm3(b"\x00", entry), self.size
        while size & 1:
            root = sm3(b"\x01", self._perfect.pop(), root)
            size >>= 1
        self._perfect.append(root)
        self.size += 1

    def root(self) -> bytes:
        """Return the root. The empty tree's root is the SM3 digest of no bytes."""
        if not self._perfect:
            return sm3()
        root = self._perfect[-1]
        for left in reversed(self._perfect[:-1]):
            root = sm3(b"\x01", left, root)
        return root
