"""The part of a session's state that keeps its liveness challenges; ``parts`` has the others."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.core.reasons import ReasonCode


@dataclass(slots=True)
class Liveness:
    """Liveness challenges: when the next challenge must be one, and how the last ones ended.

    Attributes:
        wanted: Whether the picture may be a recording: the next challenge comes at once and asks for movements.
        lack: The result that the last liveness lacked, or None.
        failed_reason: Why the last liveness failed; None after one that passed.
        from_active_ms: ``active_ms`` from which any challenge asks for movements.
        due_active_ms: ``active_ms`` at which a liveness challenge is due regardless of others.
        mirrored: Whether the last shown turn went to the other side; the next try is judged so.
        first_ms: Server time at which a liveness challenge first passed; 0: none has.
        first_camera: Digest of the camera that it passed before.
        closing_asked: Whether the closing liveness was asked for.
        failed: How many liveness challenges of this learner and lesson failed since one passed (rules 2).
        again: Whether one passed after too many failures, and the next must pass as well.
        retried: Whether a failed closing liveness was forgiven, and another one follows.
        passed_active_ms: ``active_ms`` at which one last passed; -1: none has.
        unsure: How many in a row had right movements, with pictures that were unsure of the learner (rules 8).
    """

    wanted: bool = False
    lack: ReasonCode | None = None
    failed_reason: ReasonCode | None = None
    from_active_ms: int = 0
    due_active_ms: int = 0
    mirrored: bool = False
    first_ms: int = 0
    first_camera: str = ""
    closing_asked: bool = False
    failed: int = 0
    again: bool = False
    retried: bool = False
    passed_active_ms: int = -1
    unsure: int = 0

    def copy(self) -> Liveness:
        """Return a copy."""
        twin = Liveness.__new__(Liveness)
        twin.wanted = self.wanted
        twin.lack = self.lack
        twin.failed_reason = self.failed_reason
        twin.from_active_ms = self.from_active_ms
        twin.due_active_ms = self.due_active_ms
        twin.mirrored = self.mirrored
        twin.first_ms = self.first_ms
        twin.first_camera = self.first_camera
        twin.closing_asked = self.closing_asked
        twin.failed = self.failed
        twin.again = self.again
        twin.retried = self.retried
        twin.passed_active_ms = self.passed_active_ms
        twin.unsure = self.unsure
        return twin
