"""Salted commitments: the log holds them in place of data that could identify a person.

``c = SHA-256("vm/commit/v2" || 0 || len(kind) || kind || salt || len(payload) || payload)``, lengths as 2 and 8 bytes,
big-endian, in leaves of version 2 and later; in leaves of version 1 it was
``SHA-256("vm/commit/v1" || 0 || kind || 0 || salt || payload)``. The 32-byte salt is derived from a key of the session,
itself derived from a key of the learner. Destroying the learner's key makes every opening impossible, while all proofs
stay valid. A bare hash of a phone or ID number would be a dictionary lookup; a salted one is not.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zaichang.core.errors import EvidenceError
from zaichang.tlog.merkle import leaf_hash, root_hash
from zaichang.tlog.schema import VERSION

SALT_BYTES: Final = 32
_DOMAIN: Final = b"vm/commit/v2"
_DOMAIN_V1: Final = b"vm/commit/v1"
_KEY_INFO: Final = b"vm/session-key/v1"


def session_key(subject_key: bytes, sid: str) -> bytes:
    """Return the key of one session: ``HKDF-SHA256(subject_key, salt=none, info=tag || 0 || sid)``.

    Args:
        subject_key: The learner's 32-byte salt key; its destruction is the erasure.
        sid: The session's id.
    """
    info = _KEY_INFO + b"\x00" + sid.encode("ascii")
    return HKDF(algorithm=SHA256(), length=SALT_BYTES, salt=None, info=info).derive(subject_key)


def salt(session: bytes, kind: str, n: int) -> bytes:
    """Return the salt of item ``n`` of a kind: ``HMAC-SHA256(session, kind || 0 || decimal n)``."""
    return hmac.digest(session, kind.encode("ascii") + b"\x00" + str(n).encode("ascii"), "sha256")


def commitment(kind: str, salt: bytes, payload: bytes, version: int = VERSION) -> bytes:
    """Return the commitment to ``payload``.

    Args:
        kind: Its kind (``event``, ``record``, ``subject``, ...); ASCII, no NUL.
        salt: 32 bytes.
        payload: Canonical bytes (``core.canonical``).
        version: Version of the leaf that the commitment is in.

    Raises:
        EvidenceError: ``E_OPENING`` if the salt is not 32 bytes, or the kind is not ASCII without NUL.
    """
    if len(salt) != SALT_BYTES:
        raise EvidenceError("E_OPENING", f"A salt has {SALT_BYTES} bytes, not {len(salt)}.")
    if not kind.isascii() or "\x00" in kind:
        raise EvidenceError("E_OPENING", "The kind of a commitment is ASCII without NUL.")
    name = kind.encode("ascii")
    if version == 1:
        return hashlib.sha256(_DOMAIN_V1 + b"\x00" + name + b"\x00" + salt + payload).digest()
    sized = len(name).to_bytes(2, "big") + name + salt + len(payload).to_bytes(8, "big") + payload
    return hashlib.sha256(_DOMAIN + b"\x00" + sized).digest()


def commit_all(kind: str, session: bytes, payloads: Sequence[bytes], first: int = 0) -> list[bytes]:
    """Return the commitments to ``payloads``, numbered from ``first``."""
    return [commitment(kind, salt(session, kind, first + i), data) for i, data in enumerate(payloads)]


def commitments_root(commitments: Sequence[bytes]) -> bytes:
    """Return the Merkle root over commitments; each is a leaf of a small RFC 6962 tree of its own."""
    return root_hash([leaf_hash(value) for value in commitments])


def schedule_commitment(sid: str, secret: bytes) -> bytes:
    """Return the start leaf's ``sched_c``: ``SHA-256("vm/sched/v1" || sid || secret)`` with a 32-byte secret.

    Raises:
        EvidenceError: ``E_SCHED`` if the secret is not 32 bytes.
    """
    if len(secret) != SALT_BYTES:
        raise EvidenceError("E_SCHED", f"A schedule's secret has {SALT_BYTES} bytes, not {len(secret)}.")
    return hashlib.sha256(b"vm/sched/v1" + sid.encode("ascii") + secret).digest()
