"""When a page's rules act: after their event, once or again, or not at all where the event is over by then."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from benchmarks.adversary.ways import On, Rule

CLOCK_MIN_MS = 5_000
"""People do nothing by the clock more often than this."""
_ONCE = frozenset({On.CAPTURE, On.PROMPT, On.CHALLENGE})
"""Events that come again before a reaction to the first: the first one counts."""


class Reactions:
    """The rules of one page."""

    def __init__(self, rules: tuple[Rule, ...], later: Callable[[int, Callable[[], None]], None]) -> None:
        """Take the rules; ``later`` calls something after so many ms, in the same session only."""
        self._later = later
        self._rules = list(enumerate(rules))
        self._tokens = [0] * len(rules)
        self._waits = [False] * len(rules)
        self._fired = [0] * len(rules)

    def fire(self, on: On, do: Callable[[Rule], None]) -> None:
        """An event happened: every rule that waits for it acts after its time."""
        for number, each in self._rules:
            if each.on is not on or self._used_up(number, each) or (self._waits[number] and on in _ONCE):
                continue
            self._fired[number] += 1
            self._schedule(number, each, do)

    def start_clocks(self, do: Callable[[Rule], None]) -> None:
        """A session began: periods run from now."""
        for number, each in self._rules:
            if each.on is On.CLOCK and each.after_ms and not self._used_up(number, each):
                self._schedule(number, each, do)

    def cancel(self, on: On) -> None:
        """The state that began with this event is over: rules that have not acted yet do not."""
        for number, each in self._rules:
            if each.on is on and self._waits[number]:
                self._waits[number] = False
                self._tokens[number] += 1

    def _used_up(self, number: int, each: Rule) -> bool:
        return 0 < each.times <= self._fired[number]

    def _schedule(self, number: int, each: Rule, do: Callable[[Rule], None]) -> None:
        self._waits[number] = True
        self._tokens[number] += 1
        after_ms = max(CLOCK_MIN_MS, each.after_ms) if each.on is On.CLOCK else each.after_ms
        self._later(after_ms, partial(self._act, number, each, self._tokens[number], do))

    def _act(self, number: int, each: Rule, token: int, do: Callable[[Rule], None]) -> None:
        if token != self._tokens[number]:
            return
        self._waits[number] = False
        if each.on is On.CLOCK:
            self._fired[number] += 1
            if not self._used_up(number, each):
                self._schedule(number, each, do)
        do(each)
