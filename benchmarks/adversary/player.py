"""The lesson's player as it really runs, and which media the learner really watched: the ground truth.

A second is fair when the lesson plays at its speed while the right person sits before it. Each second of the lesson
counts once; time is the server's.
"""

from __future__ import annotations

from zaichang.session.playhead import EMPTY, IntervalSet, add


class Player:
    """The position in the lesson, and its watched parts.

    Attributes:
        duration_ms: Length of the lesson.
        running: Whether it plays.
        watched: Media that the learner watched.
    """

    __slots__ = ("_position_ms", "_since_ms", "duration_ms", "running", "watched")

    def __init__(self, duration_ms: int, now_ms: int) -> None:
        """Stand at the beginning."""
        self.duration_ms = duration_ms
        self.running = False
        self.watched: IntervalSet = EMPTY
        self._position_ms = 0
        self._since_ms = now_ms

    def position_ms(self, now_ms: int) -> int:
        """Return where the lesson is."""
        moved_ms = now_ms - self._since_ms if self.running else 0
        return min(self.duration_ms, self._position_ms + moved_ms)

    def settle(self, now_ms: int, *, watched: bool) -> None:
        """Move the position on to now; ``watched``: whether the learner watched the part since the last call."""
        position_ms = self.position_ms(now_ms)
        if watched and position_ms > self._position_ms:
            self.watched = add(self.watched, (self._position_ms, position_ms))
        self._position_ms = position_ms
        self._since_ms = now_ms

    def move_to(self, to_ms: int) -> None:
        """Move the playhead; call ``settle`` before."""
        self._position_ms = max(0, min(self.duration_ms, to_ms))

    def left_ms(self, now_ms: int) -> int:
        """Return how long the lesson still runs."""
        return self.duration_ms - self.position_ms(now_ms)
