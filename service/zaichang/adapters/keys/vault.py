"""Encryption at rest: AES-256-GCM with one data key for each learner, encrypted by the master key.

All data that could identify a learner (templates, captures) is encrypted with the learner's data key. The disk holds
the
data key only in the learner's row, encrypted ("wrapped") by the master key. Destroying it makes all of the learner's
data
unreadable at once, in every copy of the files (docs/privacy.md). The associated data binds each ciphertext to its
place,
so one learner's template cannot be put into another learner's row.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import shlex
import subprocess
from dataclasses import dataclass, replace
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zaichang.adapters.posix.folder import DataFolder, storage_error, write_durably
from zaichang.core.errors import ConfigError, NotAllowed, StorageError
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.ports.purposes import MarkKind, Purpose
from zaichang.ports.records import Learner

KEY_BYTES: Final = 32
MARK_DIGITS: Final = 32
_NONCE_BYTES: Final = 12
_COMMAND_TIMEOUT_S: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LearnerKey:
    """A learner's data key, held in memory only while it is used.

    Attributes:
        institution_id: The learner's institution.
        learner_id: The institution's pseudonym.
        key: Encrypts the learner's data.
        subject: The salt key, where an erasure of biometrics replaced ``key``; else it is derived from ``key``.
    """

    institution_id: InstitutionId
    learner_id: LearnerId
    key: bytes
    subject: bytes = b""

    def encrypt(self, kind: Purpose, name: str, data: bytes) -> bytes:
        """Return ``data``, encrypted for one place.

        Args:
            kind: Kind of the data, for example a template.
            name: Name of the place within the kind.
            data: The bytes to encrypt.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._key(kind)).encrypt(nonce, data, self._place(kind, name))

    def decrypt(self, kind: Purpose, name: str, encrypted: bytes) -> bytes:
        """Return the bytes that ``encrypt`` was given.

        Args:
            kind: As for ``encrypt``.
            name: As for ``encrypt``.
            encrypted: The result of ``encrypt``.

        Raises:
            StorageError: ``storage.sealed_damaged`` where the bytes, the place or the key differ.
        """
        try:
            nonce, rest = encrypted[:_NONCE_BYTES], encrypted[_NONCE_BYTES:]
            return AESGCM(self._key(kind)).decrypt(nonce, rest, self._place(kind, name))
        except (InvalidTag, ValueError) as error:
            raise StorageError(
                "storage.sealed_damaged", f"An encrypted {kind} does not open: it was changed or belongs elsewhere."
            ) from error

    def subject_key(self) -> bytes:
        """Return the key from which the salts of this learner's commitments are derived (``tlog.commit``)."""
        if self.subject:
            return self.subject
        return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"zaichang/subject/v1").derive(
            self.key
        )

    def _key(self, kind: Purpose) -> bytes:
        """Return the key of a kind. Activities have one that stays when an erasure of biometrics replaces ``key``."""
        if kind is not Purpose.ACTIVITY:
            return self.key
        return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"zaichang/activity/v1").derive(
            self.subject_key()
        )

    def _place(self, kind: Purpose, name: str) -> bytes:
        return f"zaichang/v1|{kind}|{self.institution_id}|{self.learner_id}|{name}".encode()


class Vault:
    """Encrypts and decrypts learners' data keys with the master key."""

    def __init__(self, master_key: bytes) -> None:
        """Use a 32-byte master key."""
        if len(master_key) != KEY_BYTES:
            raise ConfigError("key.length", f"The master key must have {KEY_BYTES} bytes, it has {len(master_key)}.")
        self._master = AESGCM(master_key)
        self.check_value = HKDF(
            algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"zaichang/master-key-check/v1"
        ).derive(master_key)
        """32 bytes that only this master key gives; they open nothing, so a database may hold them."""
        self._marks = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"zaichang/marks/v1").derive(
            master_key
        )

    def mark(self, kind: MarkKind, *parts: str) -> str:
        """Return a keyed digest, 32 hex digits, that only this master key gives.

        Args:
            kind: Kind of the digested value.
            parts: The value.
        """
        text = "|".join((kind, *parts)).encode()
        return hmac.digest(self._marks, text, hashlib.sha256).hex()[:MARK_DIGITS]

    def new_learner(self, institution_id: InstitutionId, learner_id: LearnerId, created_ms: int) -> Learner:
        """Return the row of a new learner, with a new encrypted data key.

        Args:
            institution_id: The learner's institution.
            learner_id: The institution's pseudonym for the learner.
            created_ms: Server time.
        """
        wrapped = self._wrap(institution_id, learner_id, secrets.token_bytes(KEY_BYTES))
        mark = self.mark(MarkKind.LEARNER, institution_id, learner_id)
        return Learner(
            institution_id=institution_id, learner_id=learner_id, wrapped_key=wrapped, created_ms=created_ms, mark=mark
        )

    def without_biometrics(self, learner: Learner) -> Learner:
        """Return the learner's row with another data key that keeps the salts of commitments.

        Nothing that the old key encrypted opens with it: the caller encrypts what is to stay again.

        Raises:
            NotAllowed: ``learner.erased`` where the key was destroyed.
            StorageError: ``storage.master_key`` where another master key encrypted it.
        """
        subject = self.unlock(learner).subject_key()
        fresh = secrets.token_bytes(KEY_BYTES) + subject
        return replace(learner, wrapped_key=self._wrap(learner.institution_id, learner.learner_id, fresh))

    def unlock(self, learner: Learner) -> LearnerKey:
        """Return the learner's data key, decrypted.

        Raises:
            NotAllowed: ``learner.erased`` where the key was destroyed.
            StorageError: ``storage.master_key`` where another master key encrypted it.
        """
        if learner.wrapped_key is None:
            raise NotAllowed("learner.erased", "This learner's data was erased.")
        owner = _owner(learner.institution_id, learner.learner_id)
        try:
            plain = self._master.decrypt(learner.wrapped_key[:_NONCE_BYTES], learner.wrapped_key[_NONCE_BYTES:], owner)
        except (InvalidTag, ValueError) as error:
            raise StorageError(
                "storage.master_key",
                "A learner's key does not open with this master key.",
                "Start with the master key that the data folder was made with.",
            ) from error
        return LearnerKey(
            institution_id=learner.institution_id,
            learner_id=learner.learner_id,
            key=plain[:KEY_BYTES],
            subject=plain[KEY_BYTES:],
        )

    def _wrap(self, institution_id: InstitutionId, learner_id: LearnerId, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._master.encrypt(nonce, plain, _owner(institution_id, learner_id))


def _owner(institution_id: InstitutionId, learner_id: LearnerId) -> bytes:
    return f"zaichang/learner-key/v1|{institution_id}|{learner_id}".encode()


def load_key(folder: DataFolder, name: str, *, value: str = "", command: str = "", create: bool = True) -> bytes:
    """Return a 32-byte key: from a base64 value, from a command, or from the data folder.

    Args:
        folder: The data folder; the key file is ``keys/<name>``.
        name: File name.
        value: The key as base64, for example from the environment; it takes precedence.
        command: A command that prints the key as base64 (the client of a key service). Its arguments are quoted as in a
            shell; no shell runs.
        create: Whether to make the file where there is none.

    Raises:
        ConfigError: ``key.invalid``, ``key.command``, ``key.missing``, or ``key.mode`` (other users can read the file).
        StorageError: The file cannot be read or made.
    """
    if value:
        return _decode(value, "the setting")
    if command:
        return _decode(_run(command), "the key command's output")
    path = folder.keys / name
    try:
        if not path.exists():
            if not create:
                raise ConfigError("key.missing", f"There is no key file {path}.", "Name the data folder with --data.")
            write_durably(path, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        if path.stat().st_mode & 0o077:
            raise ConfigError(
                "key.mode", f"{path} can be read by other users.", f"Run: chmod 600 {path}, and consider it known."
            )
        return _decode(path.read_text(encoding="ascii"), str(path))
    except OSError as error:
        raise storage_error(error, path) from error
    except UnicodeDecodeError:
        raise ConfigError("key.invalid", f"{path} is not base64.") from None


def _decode(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError("key.invalid", f"The key from {source} is not base64 of {KEY_BYTES} bytes.")
    return key


def _run(command: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, no shell
            shlex.split(command), capture_output=True, timeout=_COMMAND_TIMEOUT_S, check=True
        )
        return done.stdout.decode("ascii")
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ConfigError(
            "key.command", f"The master key command failed ({type(error).__name__}).", "Run it by hand."
        ) from None
