"""The events of a scenario: the names that a client's page gives to the messages of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from zaichang_client.protocol import messages as m

QUIET_S: Final = 2.5
"""After an unprompted picture, the next one of its round is ordered sooner than this."""
QUIET_PROMPTED_S: Final = 6.0
"""The same after one for which the learner was asked."""


def events_of(message: m.ServerMessage) -> tuple[str, ...]:
    """Return the events that a message is."""
    match message:
        case m.CaptureOrder(prompt=prompt):
            return ("capture", "prompt") if prompt else ("capture",)
        case m.ChallengeOrder():
            return ("challenge", "pop_up")  # its name in older files
        case m.ChallengeResult(accepted=False, closed=False):
            return ("refused",)
        case m.Pause():
            return ("pause",)
        case m.Resume():
            return ("resume",)
        case _:
            return ()


class Happenings:
    """Tells the parts of one client of its events."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """``tell`` is called with each event's name as it happens."""
        self._tell = tell
        self._running = False
        self._quiet: asyncio.TimerHandle | None = None

    def observe(self, message: m.ServerMessage) -> None:
        """Take a message of the service; a round is over where no further picture is ordered for some seconds."""
        if isinstance(message, m.CaptureOrder):
            self.stop()
            wait_s = QUIET_PROMPTED_S if message.prompt else QUIET_S
            self._quiet = asyncio.get_running_loop().call_later(wait_s, self._over)
        for event in events_of(message):
            self._tell(event)

    def player(self, *, running: bool, wanted: bool) -> None:
        """Take a change of the player: it begins to run, or the learner stops it."""
        was, self._running = self._running, running
        if running and not was:
            self._tell("play")
        elif was and not running and not wanted:
            self._tell("stop")

    def stop(self) -> None:
        """The page is closed: nothing more happens."""
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None

    def _over(self) -> None:
        self._quiet = None
        self._tell("round_over")
