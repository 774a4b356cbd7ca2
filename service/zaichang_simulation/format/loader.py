"""Reads a scenario file; everything wrong with it is found before anything runs."""

from __future__ import annotations

import datetime
import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from zaichang.core.errors import ConfigError
from zaichang.core.reasons import ReasonCode
from zaichang.launch.policy_packs import load_pack
from zaichang.session.policy import Policy, policy_digest, policy_from_mapping, policy_to_mapping
from zaichang_simulation.format.camera import Frozen, Loop
from zaichang_simulation.format.checks import devices, floor, lessons, overlays, suspensions
from zaichang_simulation.format.places import explained, located
from zaichang_simulation.format.scenario import ExpectPeriod, ExpectSession, ExpectTable, Scenario
from zaichang_simulation.format.types import EVERY_LEAST_S

SIZE_MAX_BYTES = 1_000_000
HINT = "docs/simulation.md specifies the format."


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A checked scenario.

    Attributes:
        scenario: What the file says.
        policy: The pack with the scenario's changes.
        folder: Paths in the scenario are relative to this.
        text: The file, to say in which line something stands.
        policies: By client, for those with a policy of their own.
    """

    scenario: Scenario
    policy: Policy
    folder: Path
    text: str = ""
    policies: Mapping[str, Policy] = field(default_factory=dict)

    def policy_of(self, client: str) -> Policy:
        """Return the rules of a client's sessions."""
        return self.policies.get(client, self.policy)

    def policy_by(self, digest: str) -> Policy:
        """Return the rules that have this digest."""
        return next((each for each in self.policies.values() if policy_digest(each) == digest), self.policy)


def load(path: Path) -> Loaded:
    """Read and check a scenario file.

    Raises:
        ConfigError: ``scenario.unreadable``, ``scenario.invalid`` (naming the place in the file), or a policy error.
    """
    try:
        if path.stat().st_size > SIZE_MAX_BYTES:
            raise ConfigError("scenario.unreadable", f"The scenario {path} has more than {SIZE_MAX_BYTES} bytes.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("scenario.unreadable", f"Cannot read the scenario {path}: {error}.") from None
    return parse(text, path.resolve().parent)


def parse(text: str, folder: Path) -> Loaded:
    """Check a scenario given as TOML text.

    Raises:
        ConfigError: See ``load``.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("scenario.invalid", f"The scenario is not TOML: {error}.", HINT) from None
    try:
        scenario = msgspec.convert(raw, Scenario)
    except msgspec.ValidationError as error:
        raise ConfigError("scenario.invalid", explained(text, raw, Scenario, error), HINT) from None
    for place, message in _mistakes(scenario):
        raise ConfigError("scenario.invalid", located(text, place, message), HINT)
    own = {
        client.name: _policy(scenario, folder, text, client.policy, f"client[{index}].policy")
        for index, client in enumerate(scenario.client)
        if client.policy
    }
    policy = _policy(scenario, folder, text, scenario.session.policy, "session.policy")
    return Loaded(scenario=scenario, policy=policy, folder=folder, text=text, policies=own)


def _mistakes(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield place and message of errors that the types cannot express."""
    yield from _names(scenario)
    yield from _times(scenario)
    yield from _cameras(scenario)
    yield from overlays(scenario)
    yield from suspensions(scenario)
    yield from lessons(scenario)
    yield from devices(scenario)
    yield from floor(scenario)
    yield from _codes(scenario)


def _names(scenario: Scenario) -> Iterator[tuple[str, str]]:
    names = [client.name for client in scenario.client]
    if not names:
        yield "client", "must not be an empty list."
    for index, name in enumerate(names):
        if name in names[:index]:
            yield f"client[{index}].name", f"the clients' names must differ, {name!r} is there twice."
    lenders = {client.name: client.token_of for client in scenario.client}
    for index, client in enumerate(scenario.client):
        if client.token_of and (client.token_of not in names or client.token_of == client.name):
            yield f"client[{index}].token_of", f"names {client.token_of!r}, which is no other client."
        elif client.token_of and lenders[client.token_of]:
            yield f"client[{index}].token_of", f"{client.token_of!r} has no token of its own to lend."
    for section in (
        "camera",
        "player",
        "challenge",
        "passkey",
        "network",
        "clock",
        "cheat",
        "expect_session",
        "expect_period",
    ):
        for index, entry in enumerate(getattr(scenario, section)):
            if entry.client not in names:
                known = ", ".join(names)
                yield f"{section}[{index}].client", f"there is no [[client]] {entry.client!r}, there are: {known}."
    for index, question in enumerate(scenario.question):
        if question.correct >= len(question.options):
            yield f"question[{index}].correct", f"is {question.correct}, of {len(question.options)} options from 0 on."


def _times(scenario: Scenario) -> Iterator[tuple[str, str]]:
    try:
        datetime.datetime.fromisoformat(scenario.session.starts_at)
    except ValueError as error:
        yield "session.starts_at", f"there is no such moment: {error}."
    last: dict[str, float] = {}
    for index, entry in enumerate(scenario.camera):
        if entry.on or entry.every_s:
            continue
        if entry.at_s <= last.get(entry.client, -1.0):
            yield f"camera[{index}].at_s", "must be later than that client's entry before."
        last[entry.client] = entry.at_s
    for section in ("network", "cheat", "challenge", "expect_period"):
        for index, entry in enumerate(getattr(scenario, section)):
            if entry.until_s and entry.until_s <= entry.from_s:
                yield f"{section}[{index}].until_s", "must be later than from_s (or 0)."
    for index, action in enumerate(scenario.player):
        if action.until_s and action.until_s <= action.at_s:
            yield f"player[{index}].until_s", "must be later than at_s (or 0)."
        if action.on and action.every_s:
            yield f"player[{index}].every_s", "belongs to a fixed time, not to `on`."
        for key in ("after_s", "first"):
            if getattr(action, key) and not action.on:
                yield f"player[{index}].{key}", "belongs to `on`, which names the event."
    for section in ("player", "cheat"):
        for index, entry in enumerate(getattr(scenario, section)):
            for key in ("every_s", "unasked_every_s"):
                if 0 < getattr(entry, key, 0.0) < EVERY_LEAST_S:
                    yield f"{section}[{index}].{key}", f"must be 0 or at least {EVERY_LEAST_S:g}."
    if scenario.expect.honest_s is not None and scenario.expect.honest_until_s is not None:
        yield "expect.honest_until_s", "is another way to give honest_s; take one of them."
    for index, (start_s, end_s) in enumerate(scenario.session.credited):
        if end_s <= start_s:
            yield "session.credited", f"entry {index} must end after it starts."


def _cameras(scenario: Scenario) -> Iterator[tuple[str, str]]:
    begun: set[str] = set()
    for index, entry in enumerate(scenario.camera):
        if entry.on or entry.every_s:
            continue
        if isinstance(entry, Loop | Frozen) and entry.client not in begun:
            yield f"camera[{index}].kind", "shows again what the camera showed: another entry must come before."
        if isinstance(entry, Loop):
            if entry.to_s <= entry.from_s:
                yield f"camera[{index}].to_s", "must be later than from_s."
            if entry.from_s >= entry.at_s:
                yield f"camera[{index}].from_s", f"must be earlier than at_s ({entry.at_s:g}): it is recorded before."
        begun.add(entry.client)


def _codes(scenario: Scenario) -> Iterator[tuple[str, str]]:
    tables: list[tuple[str, ExpectTable | ExpectSession | ExpectPeriod]] = [("expect", scenario.expect)]
    tables += [(f"expect_session[{index}]", entry) for index, entry in enumerate(scenario.expect_session)]
    tables += [(f"expect_period[{index}]", entry) for index, entry in enumerate(scenario.expect_period)]
    for place, entry in tables:
        for key in ("reasons", "reasons_absent", "indicators", "cases", "cases_absent", "final"):
            said = getattr(entry, key, ()) or ()
            for code in (said,) if isinstance(said, str) else said:
                if code not in ReasonCode.__members__:
                    near = difflib.get_close_matches(code, ReasonCode.__members__, n=1)
                    meant = f" Did you mean {near[0]}?" if near else ""
                    yield f"{place}.{key}", f"there is no reason code {code!r}; docs/reasons.md lists them.{meant}"


def _policy(scenario: Scenario, folder: Path, text: str, named: str, where: str) -> Policy:
    if named.endswith(".toml"):
        named = str(folder / named)
    try:
        pack = load_pack(named).policy
    except ConfigError as error:
        raise error.saying(located(text, where, error.message)) from None
    try:
        return policy_from_mapping({**policy_to_mapping(pack), **scenario.policy})
    except ConfigError as error:
        key = next((key for key in scenario.policy if key in error.message), "")
        place = f"policy.{key}" if key else "policy"
        raise error.saying(located(text, place, error.message)) from None
