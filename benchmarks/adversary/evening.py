"""One evening: a clock, one learner who comes and goes, and the pages that the learner has open."""

from __future__ import annotations

import heapq
import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.adversary.camera import AWAY, View
from benchmarks.adversary.classes import tools_of
from benchmarks.adversary.page import Page
from benchmarks.adversary.ways import Way
from zaichang.session.playhead import difference, total_ms
from zaichang.session.policy import Policy

BEGINS_MS = 1_700_000_000_000
AWAY_MIN_MS = 10_000
"""A cheat who gets up is away for this long at least: less is no absence that is of use."""
GLIMPSE_MS = 5_000
"""The same in the class ``notice``, whose figure holds the short absences that the rules' notice leaves free."""
GIVES_UP_MS = 400_000
"""An evening ends where the lesson has not run for so long: a page that stands so long stands for ever."""
PATIENCE = 2
"""An evening lasts at most so many times the lesson; a way that stands still ends there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an evening gave, in ms of media time.

    Attributes:
        credited_ms: Credited, over all accounts.
        fair_ms: Watched by the right person.
        beyond_ms: Credited and not watched.
        lost_ms: Watched, and neither credited nor in review.
        review_ms: Watched, and in review.
        sessions: How many sessions were opened.
        server_ms: How long it took.
        locked_out: Whether a learner watched for more than a minute, and nothing was credited or went to review.
        complete: Whether every session had ended when the evening was over.
    """

    credited_ms: int
    fair_ms: int
    beyond_ms: int
    lost_ms: int
    review_ms: int
    sessions: int
    server_ms: int
    locked_out: bool
    complete: bool


class Evening:
    """The clock, the learner and the pages.

    Attributes:
        now_ms: Server time.
        chance: All that is random.
        here: Whether the learner sits before the camera.
        here_since_ms: Since when.
        left_ms: When the learner left last.
        badly_seen: Whether the learner, if here, is badly seen.
        moves: How often the learner came or left.
    """

    def __init__(self, way: Way, policy: Policy, seed: int, lesson_ms: int) -> None:
        """Open the pages; the learner is there."""
        self.way = way
        self.now_ms = BEGINS_MS
        self.chance = random.Random(seed)  # noqa: S311  (repeatable by its seed)
        self.here = True
        self.here_since_ms = BEGINS_MS - 60_000
        self.left_ms = 0
        self.badly_seen = False
        self.moves = 0
        self._seen: list[tuple[int, View]] = []
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        brief = "notice" in tools_of(way)
        self._away_min_ms = 0 if way.honest else (GLIMPSE_MS if brief else AWAY_MIN_MS)
        self._ran_ms = BEGINS_MS
        self._until_ms = BEGINS_MS + PATIENCE * lesson_ms
        self.pages = [Page(self, policy, lesson_ms) for _ in range(way.accounts)]
        for page in self.pages:
            page.open()

    def at(self, at_ms: int, act: Callable[[], None]) -> None:
        """Call ``act`` at a time."""
        self._count += 1
        heapq.heappush(self._queue, (at_ms, self._count, act))

    def run(self) -> Outcome:
        """Run the whole evening; return its outcome."""
        queue = self._queue
        while queue and not self._over():
            at_ms, _, act = heapq.heappop(queue)
            if at_ms > self._until_ms:
                break
            if at_ms > self.now_ms:
                self.now_ms = at_ms
                if self._running() is not None:
                    self._ran_ms = at_ms
                elif at_ms > self._ran_ms + GIVES_UP_MS:
                    break
            act()
        self.settle()
        return self._outcome()

    def _over(self) -> bool:
        for page in self.pages:  # asked before every step of the clock: a loop, no generator
            if not page.over:
                return False
        return True

    def _running(self) -> Page | None:
        """Return the first page that plays, if one does: the one that a learner who is there watches."""
        for page in self.pages:
            if page.player.running:
                return page
        return None

    def view_at(self, at_ms: int) -> View:
        """Return the camera's view at a moment of late."""
        at = bisect_right(self._seen, at_ms, key=lambda each: each[0]) - 1
        return self._seen[at][1] if at >= 0 else View.LEARNER

    def _note(self) -> None:
        self._seen.append((self.now_ms, self.view()))

    def view(self) -> View:
        """Return the camera's view."""
        if not self.here:
            return AWAY[self.way.seat]
        return View.LEARNER_BADLY_SEEN if self.badly_seen else View.LEARNER

    def settle(self) -> None:
        """Write down what each page played until now; the learner watches one of them."""
        watched = self._running() if self.here else None
        for page in self.pages:
            page.player.settle(self.now_ms, watched=page is watched)

    def come(self, for_ms: int = 0) -> None:
        """The learner sits down, for the given time if there is one."""
        back_ms = self.left_ms + self._away_min_ms
        if not self.here and self.now_ms < back_ms:
            moves = self.moves
            self.at(back_ms, lambda: self.come(for_ms) if self.moves == moves else None)
            return
        self.moves += 1
        self.badly_seen = False
        if not self.here:
            self.settle()
            self.here = True
            self.here_since_ms = self.now_ms
            self._note()
            for page in self.pages:
                page.learner_came()
        self._later(for_ms, self.leave)

    def leave(self, for_ms: int = 0) -> None:
        """The learner gets up."""
        self.moves += 1
        if self.here:
            self.settle()
            self.here = False
            self.left_ms = self.now_ms
            self._note()
        self._later(for_ms, self.come)

    def glance(self, for_ms: int) -> None:
        """The learner is badly seen for a while: bends over notes, turns the head."""
        self.badly_seen = self.here
        self._note()
        self.at(self.now_ms + max(1_000, for_ms), self._look_up)

    def _look_up(self) -> None:
        self.badly_seen = False
        self._note()

    def _later(self, for_ms: int, act: Callable[[], None]) -> None:
        if for_ms:
            moves = self.moves
            self.at(self.now_ms + for_ms, lambda: act() if self.moves == moves else None)

    def _outcome(self) -> Outcome:
        credited_ms = fair_ms = beyond_ms = lost_ms = review_ms = 0
        for page in self.pages:
            credited, watched = page.credited, page.player.watched
            credited_ms += total_ms(credited)
            fair_ms += total_ms(watched)
            beyond_ms += total_ms(difference(credited, watched))
            missing = difference(watched, credited)
            lost = difference(missing, page.undecided)
            lost_ms += total_ms(lost)
            review_ms += total_ms(missing) - total_ms(lost)
        return Outcome(
            credited_ms=credited_ms,
            fair_ms=fair_ms,
            beyond_ms=beyond_ms,
            lost_ms=lost_ms,
            review_ms=review_ms,
            sessions=sum(page.opened for page in self.pages),
            server_ms=self.now_ms - BEGINS_MS,
            locked_out=credited_ms + review_ms == 0 and fair_ms > 60_000,
            complete=self._over(),
        )


def spend(way: Way, policy: Policy, seed: int, lesson_ms: int) -> Outcome:
    """Return the outcome of an evening of this way."""
    return Evening(way, policy, seed, lesson_ms).run()
