"""How challenges are answered: like a person, or like scripts that imitate one."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable

from zaichang_client import DECLINE, READY
from zaichang_client.protocol.messages import ChallengeOrder, ChallengeResult
from zaichang_simulation.format.actions import ChallengeRule
from zaichang_simulation.format.types import to_ms

CODE_DIGITS = 4
MOVING = frozenset({"liveness", "light"})
INSTANT_S = 0.02
LOOKS_EVERY_S = 1.0
"""How often it is asked whether a rule that answers is in force by now."""
Oracle = Callable[[ChallengeOrder], Awaitable[str | None]]
"""The right answer to the challenge, or None where it cannot be known."""


class SimPrompter:
    """``zaichang_client.Prompter`` after the scenario's rules."""

    def __init__(
        self,
        rules: tuple[ChallengeRule, ...],
        *,
        now_ms: Callable[[], int],
        oracle: Oracle,
        ignored: Callable[[str], bool],
        extra_time_pct: int,
        seed: int,
    ) -> None:
        """Args are the client's rules, the scenario's clock, what a person would read, and the cheats in force."""
        self._rules = rules
        self._counts = [0] * len(rules)
        self._now_ms = now_ms
        self._oracle = oracle
        self._ignored = ignored
        self._slower = 1 + extra_time_pct / 200
        self._random = random.Random(seed)  # noqa: S311  (a simulation, repeatable by its seed)
        self.mistaken = False
        """Whether the person is mistaken in the movements of the try that was begun last."""

    def judged(self, result: ChallengeResult) -> None:
        """Nothing to do: another attempt is asked for by the client."""

    def rule_for(self, kind: str) -> ChallengeRule:
        """Return the last rule that fits now; a person's where none does."""
        fitting = ChallengeRule()
        for rule, count in zip(self._rules, self._counts, strict=True):
            if self._fits(rule, kind) and not 0 < rule.first < count:
                fitting = rule
        return fitting

    def _fits(self, rule: ChallengeRule, kind: str) -> bool:
        begun = to_ms(rule.from_s) <= self._now_ms()
        over = rule.until_s and self._now_ms() >= to_ms(rule.until_s)
        return begun and not over and (not rule.kinds or kind in rule.kinds)

    async def ask(self, order: ChallengeOrder, attempt: int) -> str | None:
        """Return the answer at its time, or None."""
        rule = await self._taken(order, attempt)
        if rule is None:
            return None
        if order.kind in MOVING:
            self.mistaken = attempt == 1 and rule.answer == "person" and self._random.random() >= rule.accuracy
            return DECLINE if order.kind == "light" and rule.decline else READY
        if rule.answer == "brute":
            return _nth(order, attempt)
        if rule.answer == "first":
            return order.options[0] if order.kind == "confirm" else _nth(order, 1)
        right = await self._oracle(order)
        wrong = rule.answer == "wrongly" or (
            rule.answer == "person" and attempt == 1 and self._random.random() >= rule.accuracy
        )
        if right is None or wrong:
            return _wrong(order, right)
        return right

    async def ready(self, order: ChallengeOrder, attempt: int) -> bool:
        """Wait as for any answer; return whether the person at the page then turns to the challenge at all."""
        return await self._taken(order, attempt) is not None

    async def _taken(self, order: ChallengeOrder, attempt: int) -> ChallengeRule | None:
        """Return the rule that answers, once its reaction time is over; None where no answer is given."""
        if attempt == 1:
            self._counts = [
                count + self._fits(rule, order.kind) for rule, count in zip(self._rules, self._counts, strict=True)
            ]
        rule = self.rule_for(order.kind)
        if self._ignored("challenge"):
            return None
        if rule.taken == "answered":
            return await self._answering(order.kind)
        if rule.answer == "never":
            return None
        await asyncio.sleep(self._wait_s(rule))
        return rule

    async def _answering(self, kind: str) -> ChallengeRule:
        """Wait until the rule in force answers; return it once its reaction time is over."""
        while True:
            rule = self.rule_for(kind)
            if rule.answer != "never":
                await asyncio.sleep(self._wait_s(rule))
                later = self.rule_for(kind)
                if later.answer != "never":
                    return later
            else:
                await asyncio.sleep(LOOKS_EVERY_S)

    def _wait_s(self, rule: ChallengeRule) -> float:
        match rule.answer:
            case "instantly":
                return INSTANT_S
            case "after" | "brute" | "first":
                return rule.reaction_s
            case _:
                spread = math.log(1 + (rule.reaction_sd_s / max(0.001, rule.reaction_s)) ** 2)
                middle = math.log(max(0.001, rule.reaction_s)) - spread / 2
                drawn_s = math.exp(self._random.gauss(middle, math.sqrt(spread))) * self._slower
                return max(rule.reaction_least_s, drawn_s)


def _choices(order: ChallengeOrder) -> list[str]:
    if order.kind == "confirm":
        return list(order.options)
    if order.kind == "question":
        return [str(index) for index in range(len(order.options))]
    return [f"{number:0{CODE_DIGITS}d}" for number in range(10**CODE_DIGITS)]


def _nth(order: ChallengeOrder, attempt: int) -> str:
    choices = _choices(order)
    return choices[(attempt - 1) % len(choices)]


def _wrong(order: ChallengeOrder, right: str | None) -> str:
    return next(choice for choice in _choices(order) if choice != right)
