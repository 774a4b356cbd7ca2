"""Encryption with a key per learner. Destroying that key erases everything that was encrypted with it."""

from __future__ import annotations

from typing import Protocol

from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.ports.purposes import MarkKind, Purpose
from zaichang.ports.records import Learner


class LearnerKey(Protocol):
    """A learner's data key, in memory for as long as it is needed."""

    @property
    def institution_id(self) -> InstitutionId:
        """The learner's institution. Cost: memory."""

    @property
    def learner_id(self) -> LearnerId:
        """The learner's pseudonym. Cost: memory."""

    def encrypt(self, kind: Purpose, name: str, data: bytes) -> bytes:
        """Return ``data`` encrypted for one place.

        Cost: memory.

        Args:
            kind: The purpose.
            name: Where it is kept, unique within the kind and the learner.
            data: Any bytes.
        """

    def decrypt(self, kind: Purpose, name: str, encrypted: bytes) -> bytes:
        """Return the bytes that ``encrypt`` was given.

        Cost: memory.

        Raises:
            StorageError: ``storage.sealed_damaged`` where the bytes, the place or the key are not the same.
        """

    def subject_key(self) -> bytes:
        """Return the 32-byte key that the salts of this learner's commitments come from (``tlog.commit``).

        Cost: memory.
        """


class Vault(Protocol):
    """Makes learners' data keys and unlocks them with the master key."""

    def new_learner(self, institution_id: InstitutionId, learner_id: LearnerId, created_ms: int) -> Learner:
        """Return a new learner's row with a fresh wrapped key. Cost: memory."""

    def mark(self, kind: MarkKind, *parts: str) -> str:
        """Return a keyed digest, 32 hex digits, that only this master key gives. Cost: memory."""

    def without_biometrics(self, learner: Learner) -> Learner:
        """Return the learner's row with another data key that keeps the salts of commitments.

        Cost: memory.

        Raises:
            NotAllowed: ``learner.erased`` where the key was destroyed.
        """

    def unlock(self, learner: Learner) -> LearnerKey:
        """Return the learner's data key.

        Cost: memory.

        Raises:
            NotAllowed: ``learner.erased`` where the key was destroyed.
            StorageError: ``storage.master_key`` where the key was wrapped with another master key.
        """
