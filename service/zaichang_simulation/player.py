"""The simulated lesson player: what it really plays, what the learner wants, what the server ordered."""

from __future__ import annotations

from collections.abc import Callable

from zaichang.session.playhead import EMPTY, IntervalSet, add
from zaichang_client import Sample, first_missing_ms
from zaichang_client.protocol.messages import Joined

BEHIND_LIVE_MS = 8_000
"""How far behind its edge a player plays a live broadcast."""


class SimPlayer:
    """A player like an HTML5 video element with the SDK attached.

    It runs only while the learner wants it to and nothing holds it: the server's pause, being offline, buffering, a
    machine asleep.
    """

    def __init__(self, lesson_ms: int, now_ms: Callable[[], int], changed: Callable[[], None]) -> None:
        """Start paused at 0; ``changed`` is called after every change.

        Args:
            lesson_ms: Length of the lesson.
            now_ms: Time since the scenario's start.
            changed: Told of every change.
        """
        self.lesson_ms = lesson_ms
        self._now_ms = now_ms
        self._changed = changed
        self._position_ms = 0.0
        self._since_ms = now_ms()
        self._fresh = True
        self.ignored: Callable[[str], bool] = lambda order: False
        self.wants_play = True
        self.held = True
        self.away = False
        self.stalled = False
        self.asleep = False
        self.visible = True
        self.focused = True
        self.floating = False
        self.second_screen = False
        self.rate = 1.0
        self.live_for_ms = 0
        self.played: IntervalSet = EMPTY

    # The true state

    @property
    def running(self) -> bool:
        """Whether the lesson plays now."""
        free = not (self.held or self.away or self.stalled or self.asleep)
        return self.wants_play and free and self._position_ms < self.lesson_ms

    @property
    def position_ms(self) -> int:
        """Where the lesson is now."""
        moved_ms = (self._now_ms() - self._since_ms) * self.rate if self.running else 0.0
        return min(self.lesson_ms, int(self._position_ms + moved_ms))

    @property
    def ended(self) -> bool:
        """Whether the lesson's end is reached."""
        return self.position_ms >= self.lesson_ms

    def until_end_ms(self) -> int | None:
        """Return the time until the lesson ends, or None where it does not run."""
        if not self.running:
            return None
        return max(1, round((self.lesson_ms - self.position_ms) / self.rate))

    def set(self, **changes: object) -> None:
        """Change attributes at this moment (``wants_play=False``, ``rate=1.5``, ...)."""
        self._settle()
        for name, value in changes.items():
            setattr(self, name, value)
        self._changed()

    def move_to(self, position_ms: int) -> None:
        """Drag the playhead."""
        self._settle()
        self._position_ms = float(max(0, min(self.lesson_ms, position_ms)))
        self._changed()

    def renew(self) -> None:
        """The page was loaded anew: an empty player that waits for the server."""
        self._settle()
        self._position_ms = 0.0
        self._fresh = True
        self.held = True
        self.away = False
        self.stalled = False
        self._changed()

    def _settle(self) -> None:
        """Write down what was played since the last change."""
        position_ms = self.position_ms
        if position_ms > int(self._position_ms):
            self.played = add(self.played, (int(self._position_ms), position_ms))
        if self.running or position_ms >= self.lesson_ms:
            self._position_ms = float(position_ms)
        self._since_ms = self._now_ms()

    # zaichang_client.Player

    def sample(self) -> Sample:
        """Return the state now."""
        self._settle()
        return Sample(
            playhead_ms=self.position_ms,
            playing=self.running,
            stalled=self.stalled,
            ended=self.ended,
            rate_bp=round(self.rate * 10_000),
            visible=self.visible,
            focused=self.focused,
            hints=("picture_in_picture",) * self.floating + ("screen_extended",) * self.second_screen,
        )

    def joined(self, message: Joined) -> None:
        """A fresh player goes to the first second that still has to be watched, of a broadcast to where it is now.

        On a resumed session it plays unless told to pause.
        """
        if self._fresh:
            self._fresh = False
            self._settle()
            begin_ms = first_missing_ms(message.counted)
            if self.live_for_ms:
                begin_ms = max(0, self.live_for_ms + self._now_ms() - BEHIND_LIVE_MS)
            self._position_ms = float(min(begin_ms, self.lesson_ms))
            self.held = not message.resumed
            self._changed()

    def pause(self, reason: str, message: str) -> None:
        """Obey, unless the scenario says otherwise."""
        if not self.ignored("pause"):
            self.set(held=True)

    def resume(self) -> None:
        """Play on."""
        self.set(held=False)

    def seek(self, to_ms: int, reason: str, message: str) -> None:
        """Obey, unless the scenario says otherwise."""
        if not self.ignored("seek"):
            self.move_to(to_ms)

    def offline(self, away: bool) -> None:
        """Pause while offline, unless the scenario says otherwise."""
        if not away or not self.ignored("offline"):
            self.set(away=away)
