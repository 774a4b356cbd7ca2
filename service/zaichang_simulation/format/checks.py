"""Mistakes of a scenario that its types cannot express: reactions, suspensions, rules of one lesson, honest floors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

from zaichang_simulation.format.actions import Crash, Lock, PlayerAction, Reload, Sleep
from zaichang_simulation.format.camera import Frozen, Loop
from zaichang_simulation.format.scenario import Scenario

Mistakes = Iterator[tuple[str, str]]
"""Place and message of each mistake."""
SUSPENSIONS_MAX: Final = 1_000
"""So many repetitions of one action are looked at."""


def overlays(scenario: Scenario) -> Mistakes:
    """Find camera entries whose reaction or cycle cannot be."""
    for index, entry in enumerate(scenario.camera):
        place = f"camera[{index}]"
        if entry.on and entry.every_s:
            yield f"{place}.every_s", "is another way to begin than `on`; take one of them."
        for key in ("after_s", "first"):
            if getattr(entry, key) and not entry.on:
                yield f"{place}.{key}", "belongs to `on`, which names the event."
        if entry.for_s and not (entry.on or entry.every_s):
            yield f"{place}.for_s", "belongs to `on` or `every_s`; an entry by time lasts until the next one."
        if entry.every_s and not 0 < entry.for_s < entry.every_s:
            yield f"{place}.for_s", "must be above 0 and shorter than every_s."
        if (entry.on or entry.every_s) and isinstance(entry, Loop | Frozen):
            yield f"{place}.kind", "shows again what the camera showed, so it begins at a time, not at an event."


def suspensions(scenario: Scenario) -> Mistakes:
    """Find actions that stop a page which another one has stopped already."""
    begun: dict[str, list[tuple[float, float, int]]] = {}
    for index, action in enumerate(scenario.player):
        span_s = _suspended_s(action)
        if span_s is None or action.on:
            continue
        if action.every_s and action.every_s <= span_s:
            yield f"player[{index}].every_s", "begins again before it is over."
        starts_s = islice(_starts_s(action, scenario), SUSPENSIONS_MAX)
        begun.setdefault(action.client, []).extend((start_s, start_s + span_s, index) for start_s in starts_s)
    for spans in begun.values():
        spans.sort()
        named: set[int] = set()
        for (_, end_s, before), (start_s, _, index) in pairwise(spans):
            if start_s < end_s and index != before and index not in named:
                named.add(index)
                yield f"player[{index}].at_s", f"the page is stopped until {end_s:g} already: suspensions overlap."


def _starts_s(action: PlayerAction, scenario: Scenario) -> Iterator[float]:
    """Yield when an action begins: once, or again and again until its end or the scenario's."""
    yield action.at_s
    end_s = scenario.session.limit_s or 2 * scenario.session.lesson_s + 600
    start_s = action.at_s + action.every_s
    while action.every_s and start_s < min(action.until_s or end_s, end_s):
        yield start_s
        start_s += action.every_s


def _suspended_s(action: PlayerAction) -> float | None:
    """Return how long an action stops the page; None for one that does not."""
    match action:
        case Sleep(for_s=span_s) | Lock(for_s=span_s) | Reload(down_s=span_s) | Crash(down_s=span_s):
            return span_s
        case _:
            return None


def lessons(scenario: Scenario) -> Mistakes:
    """Find clients of one version of a lesson that name different rules: a lesson has one policy."""
    rules: dict[tuple[str, str, str], str] = {}
    for index, client in enumerate(scenario.client):
        named = client.policy or scenario.session.policy
        before = rules.setdefault((client.course, client.lesson, client.lesson_version), named)
        if before != named:
            yield f"client[{index}].policy", f"differs from that of another client of {client.lesson}, {before!r}."


def devices(scenario: Scenario) -> Mistakes:
    """Find passkey entries that cannot be: two at one moment, or a relay that is not far away."""
    begun: set[tuple[str, float]] = set()
    for index, entry in enumerate(scenario.passkey):
        if (entry.client, entry.from_s) in begun:
            yield f"passkey[{index}].from_s", "another entry of this client begins at the same moment."
        begun.add((entry.client, entry.from_s))
        if entry.relay_s and entry.device != "far":
            yield f"passkey[{index}].relay_s", 'belongs to device = "far".'


def floor(scenario: Scenario) -> Mistakes:
    """Find an honest scenario that does not say what must be credited: it would pass with nothing."""
    expect = scenario.expect
    said = bool(expect.verified_s_min) or expect.loss_s_max is not None
    if scenario.kind == "honest" and not said and not any(each.verified_s_min for each in scenario.expect_session):
        yield "expect", "an honest scenario must say its floor: verified_s_min or loss_s_max."
