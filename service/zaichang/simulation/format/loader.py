"""Reads a scenario file; everything wrong with it is found before anything runs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from zaichang.core.errors import ConfigError
from zaichang.core.reasons import ReasonCode
from zaichang.session.policy import Policy, policy_from_mapping, policy_to_mapping
from zaichang.simulation.format.scenario import ExpectPeriod, ExpectSession, ExpectTable, Scenario
from zaichang.storage.policy_packs import load_pack

HINT = "docs/simulation.md specifies the format."


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A checked scenario.

    Attributes:
        scenario: What the file says.
        policy: The pack with the scenario's changes.
        folder: Paths in the scenario are relative to this.
    """

    scenario: Scenario
    policy: Policy
    folder: Path


def load(path: Path) -> Loaded:
    """Read and check a scenario file.

    Raises:
        ConfigError: ``scenario.unreadable``, ``scenario.invalid`` (naming the place in the file), or a policy error.
    """
    try:
        text = path.read_text(encoding="utf-8")
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
        raise ConfigError("scenario.invalid", f"The scenario does not fit the format: {error}.", HINT) from None
    _check_names(scenario)
    _check_times(scenario)
    _check_reasons(scenario)
    return Loaded(scenario=scenario, policy=_policy(scenario, folder), folder=folder)


def _refuse(message: str) -> ConfigError:
    return ConfigError("scenario.invalid", message, HINT)


def _check_names(scenario: Scenario) -> None:
    names = [client.name for client in scenario.client]
    if not names:
        raise _refuse("client must not be an empty list.")
    if len(set(names)) != len(names):
        raise _refuse(f"The clients' names must differ, got {', '.join(names)}.")
    for client in scenario.client:
        if client.token_of and (client.token_of not in names or client.token_of == client.name):
            raise _refuse(f"client {client.name}: token_of names {client.token_of!r}, which is no other client.")
    for section in ("camera", "player", "challenge", "network", "clock", "cheat", "expect_session", "expect_period"):
        for index, entry in enumerate(getattr(scenario, section)):
            if entry.client not in names:
                raise _refuse(f"{section}[{index}] names the client {entry.client!r}, which [[client]] does not have.")
    for index, question in enumerate(scenario.question):
        if question.correct >= len(question.options):
            raise _refuse(f"question[{index}].correct is {question.correct}, of {len(question.options)} options.")


def _check_times(scenario: Scenario) -> None:
    last: dict[str, float] = {}
    for index, entry in enumerate(scenario.camera):
        if entry.at_s <= last.get(entry.client, -1.0):
            raise _refuse(f"camera[{index}].at_s must be later than that client's entry before.")
        last[entry.client] = entry.at_s
    for section in ("network", "cheat", "challenge", "expect_period"):
        for index, entry in enumerate(getattr(scenario, section)):
            if entry.until_s and entry.until_s <= entry.from_s:
                raise _refuse(f"{section}[{index}].until_s must be later than from_s (or 0).")
    for index, (start_s, end_s) in enumerate(scenario.session.credited):
        if end_s <= start_s:
            raise _refuse(f"session.credited[{index}] must end after it starts.")


def _check_reasons(scenario: Scenario) -> None:
    codes: list[str] = []
    tables: list[ExpectTable | ExpectSession | ExpectPeriod] = [scenario.expect]
    for entry in (*tables, *scenario.expect_session, *scenario.expect_period):
        codes += [*entry.reasons, *entry.reasons_absent]
        if not isinstance(entry, ExpectPeriod) and entry.final is not None:
            codes.append(entry.final)
    codes += scenario.expect.indicators
    for code in codes:
        if code not in ReasonCode.__members__:
            raise _refuse(f"There is no reason code {code!r}; docs/reasons.md lists them.")


def _policy(scenario: Scenario, folder: Path) -> Policy:
    named = scenario.session.policy
    if named.endswith(".toml"):
        named = str(folder / named)
    pack = load_pack(named).policy
    return policy_from_mapping({**policy_to_mapping(pack), **scenario.policy})
