"""How a policy's fields are declared and checked: bounds, choices, and the schema that each came with."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Any

from zaichang.core.errors import ConfigError

SCHEMA = 9
"""The newest set of fields. An older schema has none of the fields whose metadata says a later ``since``."""
SCHEMA_OF_CODE = 2
"""The schema of a ``Policy()`` built in code that names none; packs and stored documents name theirs."""
DRAWN_SINCE_SCHEMA = 3
"""From this schema on captures are drawn samples: rules 2. A record is replayed under the rules that made it."""
PASSKEYS_SINCE_SCHEMA = 4
"""From this schema on a policy says where passkeys are used."""
PLEDGED_SINCE_SCHEMA = 5
"""From this schema on reports pledge frames, and a late answer is a missed sample: rules 4."""
ENDS_SINCE_SCHEMA = 6
"""From this schema on the end of a lesson is proved before it comes: rules 5."""
BACK_SINCE_SCHEMA = 7
"""From this schema on a sample looks back over earlier frames, and a failed one counts as missed too: rules 6."""
SPREAD_SINCE_SCHEMA = 8
"""From this schema on a sample also asks for frames drawn from the whole time since the last one: rules 7."""
UNSURE_SINCE_SCHEMA = 9
"""From this schema on movements that are right and of which the pictures are unsure wait for the next ones: rules 8."""
ORDERED = (
    ("capture_min_gap_ms", "capture_max_gap_ms"),
    ("challenge_min_gap_ms", "challenge_max_gap_ms"),
    ("round_passes", "round_captures"),
    ("gap_ms", "abandon_ms"),
    ("liveness_agree_frames", "liveness_rest_frames"),
)
"""Fields of which the first must not be above the second."""
BELOW = (
    ("heartbeat_ms", "gap_ms", ", else every report comes too late"),
    ("liveness_light_changes", "liveness_light_colours", ""),
)
"""Fields of which the first must be below the second, and why."""


def rules_of(schema: int) -> int:
    """Return the number of the session's rules that a policy of this schema is judged by."""
    if schema >= PLEDGED_SINCE_SCHEMA:
        newer = (schema >= ENDS_SINCE_SCHEMA) + (schema >= BACK_SINCE_SCHEMA) + (schema >= SPREAD_SINCE_SCHEMA)
        return 4 + newer + (schema >= UNSURE_SINCE_SCHEMA)
    return 1 + (schema >= DRAWN_SINCE_SCHEMA)


def whole(default: int, low: int, high: int, doc: str, since: int = 1) -> Any:
    """Declare a number from ``low`` to ``high``, part of the policy since a schema."""
    return field(default=default, metadata={"low": low, "high": high, "doc": doc, "since": since})


def limit(default: int, low: int, high: int, doc: str) -> Any:
    """Declare a limit of active liveness: in the policy since schema 2, before that a constant of the same value."""
    return whole(default, low, high, doc, since=2)


def sample(default: int, low: int, high: int, doc: str) -> Any:
    """Declare a number of the rules for drawn samples: part of the policy since schema 3, unused before it."""
    return whole(default, low, high, doc, since=3)


def back(default: int, low: int, high: int, doc: str) -> Any:
    """Declare a number of samples that look back: part of the policy since schema 7, unused before it."""
    return whole(default, low, high, doc, since=BACK_SINCE_SCHEMA)


def spread(default: int, low: int, high: int, doc: str) -> Any:
    """Declare a number of samples that look at the whole time before: part of the policy since schema 8."""
    return whole(default, low, high, doc, since=SPREAD_SINCE_SCHEMA)


def unsure(default: int, low: int, high: int, doc: str) -> Any:
    """Declare a number of checks that are unsure of the learner: part of the policy since schema 9."""
    return whole(default, low, high, doc, since=UNSURE_SINCE_SCHEMA)


def switch(default: bool, doc: str, since: int = 1) -> Any:
    """Declare a switch, part of the policy since a schema."""
    return field(default=default, metadata={"doc": doc, "since": since})


def word(default: StrEnum, doc: str) -> Any:
    """Declare one word of those of ``default``'s kind: part of the policy since schema 4."""
    words = tuple(each.value for each in type(default))
    return field(default=default.value, metadata={"words": words, "doc": doc, "since": PASSKEYS_SINCE_SCHEMA})


def choice(default: Any, choices: tuple[StrEnum, ...], doc: str) -> Any:
    """Declare a list of distinct values."""
    return field(default=default, metadata={"choices": choices, "doc": doc})


def check(name: str, value: object, meta: dict[str, Any]) -> None:
    """Check one value against its declaration.

    Raises:
        ConfigError: ``policy.invalid``, naming the field, the value and the bounds.
    """
    if "low" in meta:
        if type(value) is not int or not meta["low"] <= value <= meta["high"]:
            raise ConfigError(
                "policy.invalid", f"{name} must be an integer from {meta['low']} to {meta['high']}, got {value!r}."
            )
    elif "choices" in meta:
        items = value if isinstance(value, tuple) else (None,)
        known = all(item in meta["choices"] for item in items)
        if not known or len(set(items)) < len(items):
            raise ConfigError(
                "policy.invalid",
                f"{name} must list distinct values out of {', '.join(meta['choices'])}, got {value!r}.",
            )
    elif "words" in meta:
        if value not in meta["words"]:
            raise ConfigError("policy.invalid", f"{name} must be one of {', '.join(meta['words'])}, got {value!r}.")
    elif isinstance(value, str) and not 1 <= len(value) <= 64:
        raise ConfigError("policy.invalid", f"{name} must have 1 to 64 characters.")


def check_order(policy: object) -> None:
    """Check the fields against each other.

    Raises:
        ConfigError: ``policy.invalid``, naming both fields.
    """
    for low, high in ORDERED:
        if getattr(policy, low) > getattr(policy, high):
            raise ConfigError("policy.invalid", f"{low} must not be above {high}.")
    for low, high, reason in BELOW:
        if getattr(policy, low) >= getattr(policy, high):
            raise ConfigError("policy.invalid", f"{low} must be below {high}{reason}.")


def member(choices: tuple[StrEnum, ...], item: object) -> object:
    """Return the member of this value; an unknown one as it is, for the check that names all choices."""
    return next((one for one in choices if one == item), item)
