"""How far the simulated learner is, shared by the study and the landing page."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class StudyProgress:
    """The simulated learner, as the landing page shows it.

    Attributes:
        minutes: One letter for each anchored minute: ``V``, ``F`` or ``U``.
        checked: Whether the session's bundle passed every offline check; None until it was tried.
    """

    minutes: dict[int, str] = field(default_factory=dict)
    checked: bool | None = None
