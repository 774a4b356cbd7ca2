"""The ports of launches and enrolment, as one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zaichang.ports.clock import Clock
from zaichang.ports.encryption import Vault
from zaichang.ports.learners import LearnerStore
from zaichang.ports.lessons import LessonStore
from zaichang.ports.passkeys import PasskeyLibrary, PasskeyStore
from zaichang.ports.review import StaffStore
from zaichang.ports.vision import Vision


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPorts:
    """The stores used before a session begins."""

    clock: Clock
    lessons: LessonStore
    learners: LearnerStore
    passkeys: PasskeyStore
    passkey_library: PasskeyLibrary
    staff: StaffStore
    vault: Vault
    vision: Vision
    token_hex: Callable[[int], str]
