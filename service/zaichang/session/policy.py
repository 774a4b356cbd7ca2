"""A policy: every number and choice the rules depend on, bounded, with units, hashed into every record.

The dataclass is the schema: each field's metadata holds its bounds and description, and ``policy_from_mapping`` refuses
what is unknown, missing a unit's bound, or of the wrong type.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import ConfigError

CHALLENGE_KINDS = ("confirm", "code", "question", "liveness", "light")
PROOFS = ("presence", "identity", "pad")


def _int(default: int, low: int, high: int, doc: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "doc": doc})


def _choice(default: Any, choices: tuple[str, ...], doc: str) -> Any:
    return field(default=default, metadata={"choices": choices, "doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one institution's courses. All defaults are our choice; packs cite the clause where there is one."""

    name: str = field(default="default", metadata={"doc": "Short name, recorded."})
    version: str = field(default="2026.1", metadata={"doc": "Version of this pack, recorded."})

    # Which proofs a minute needs
    proofs: tuple[str, ...] = _choice(
        ("presence", "identity", "pad"), PROOFS, "What each capture must prove; a lacking proof is never a pass."
    )
    similarity_min_bp: int = _int(4100, 0, 10_000, "Least similarity to the reference that counts as the same person.")
    pad_min_bp: int = _int(5000, 0, 10_000, "Least bona fide score that counts as a living person.")
    quality_min_bp: int = _int(1500, 0, 10_000, "Least quality of the face for a capture to count.")

    # Playhead
    rate_max_bp: int = _int(
        10_200, 5_000, 20_400, "Fastest credited playback by our clock; 10200 = 1.0x and 2 % drift."
    )
    burst_ms: int = _int(12_000, 1_000, 15_000, "How far media may run ahead of the clock for a moment (late packets).")
    seek_tolerance_ms: int = _int(
        1_500,
        0,
        5_000,
        "How far past the furthest point a playhead may be by rounding, and how far ahead of the clock.",
    )
    skip_allowed: bool = field(default=False, metadata={"doc": "Whether a first viewing may skip ahead."})

    # Heartbeats
    heartbeat_ms: int = _int(5_000, 1_000, 30_000, "How often the player reports.")
    gap_ms: int = _int(
        16_000, 5_000, 120_000, "Silence after which the connection counts as lost; only the gap is lost."
    )
    abandon_ms: int = _int(1_800_000, 60_000, 14_400_000, "Silence after which the session is closed.")
    session_max_ms: int = _int(14_400_000, 600_000, 43_200_000, "Longest session.")

    # Captures (docs/protocol.md, "capture rounds")
    capture_mean_ms: int = _int(40_000, 5_000, 900_000, "Mean time between capture rounds, in ACTIVE time.")
    capture_min_gap_ms: int = _int(15_000, 1_000, 600_000, "Least time between two rounds.")
    capture_max_gap_ms: int = _int(90_000, 5_000, 1_200_000, "A round is forced after this time without one.")
    capture_deadline_ms: int = _int(15_000, 3_000, 120_000, "How long a captured picture may take to arrive.")
    round_passes: int = _int(2, 1, 5, "Captures that must pass for a round to pass (k).")
    round_captures: int = _int(8, 1, 20, "Captures a round may take (n).")
    round_refusals: int = _int(4, 1, 10, "Captures of another person or of a picture after which a round fails.")
    round_silent: int = _int(2, 0, 10, "Misses after which the learner is asked to face the camera.")
    retake_ms: int = _int(1_200, 200, 30_000, "Time between the captures of a round.")
    retake_prompted_ms: int = _int(4_000, 500, 60_000, "The same once the learner was asked, to give time to react.")
    repeats_max: int = _int(3, 0, 1_000, "Captures that may repeat an earlier one before all count as a recording's.")
    cure_ms: int = _int(8_000, 1_000, 120_000, "Time between rounds while suspended for a failed one.")
    excuses: int = _int(
        4,
        0,
        20,
        "How often a session may be interrupted, or answer only when called, before that costs the bracket; who answers"
        " only when called is credited the first time, and then left to a person.",
    )
    strikes_max: int = _int(0, 0, 100, "Failed proofs after which the session ends; 0: never.")

    # Challenges
    challenge_kinds: tuple[str, ...] = _choice(("confirm", "code"), CHALLENGE_KINDS, "Pop-ups in use; may be empty.")
    challenge_mean_ms: int = _int(600_000, 10_000, 3_600_000, "Mean time between pop-ups, in ACTIVE time.")
    challenge_min_gap_ms: int = _int(240_000, 5_000, 3_600_000, "Least time between two pop-ups.")
    challenge_max_gap_ms: int = _int(1_200_000, 10_000, 7_200_000, "A pop-up is forced after this time without one.")
    challenge_deadline_ms: int = _int(90_000, 5_000, 600_000, "Time to answer a pop-up.")
    challenge_attempts: int = _int(3, 1, 10, "Wrong answers after which a pop-up counts as failed.")
    reaction_min_ms: int = _int(700, 0, 5_000, "Answers faster than this are not a person's; another kind follows.")

    # Active liveness (docs/protocol.md, "active liveness"); never on the route without face recognition
    liveness_start: bool = field(
        default=False, metadata={"doc": "Whether a liveness challenge must pass before the first minute counts."}
    )
    liveness_bracket: bool = field(
        default=False,
        metadata={"doc": "Whether time that captures have proved is credited only once the next liveness passes."},
    )
    liveness_max_gap_ms: int = _int(
        900_000, 60_000, 3_600_000, "Longest time between two passed liveness challenges, in ACTIVE time."
    )
    liveness_actions: int = _int(2, 1, 3, "Actions that one try asks for.")
    liveness_step_ms: int = _int(7_000, 3_000, 30_000, "Time for one action; the learner's allowance extends it.")
    liveness_respond_min_ms: int = _int(
        200, 0, 2_000, "A movement that begins earlier than this after its order is no answer to it."
    )

    # Delivery (docs/protocol.md, "delivery log")
    delivery_required: bool = field(
        default=False,
        metadata={"doc": "Whether only media counts that the delivery log says was sent to this session."},
    )
    delivery_wait_ms: int = _int(
        300_000, 0, 3_600_000, "How late the delivery log may be; what is missing then is left to a person."
    )

    # Focus
    pause_when_hidden: bool = field(default=True, metadata={"doc": "Whether a hidden page stops counting (焦点控制)."})
    pause_when_unfocused: bool = field(default=False, metadata={"doc": "The same for a visible page without focus."})
    pause_when_floating: bool = field(
        default=True, metadata={"doc": "The same for a video in a small window of its own (picture in picture)."}
    )
    pause_on_second_screen: bool = field(
        default=False,
        metadata={"doc": "The same while a second screen is connected; many desks have one, and nobody has to use it."},
    )

    # Schedule
    beacon_wait_ms: int = _int(
        0, 0, 600_000, "How long after its start a session still takes a witness's beacon in; 0: none is asked for."
    )

    # Records
    segment_ms: int = _int(300_000, 15_000, 3_600_000, "Wall time that one session.segment leaf covers.")
    non_face_route: bool = field(default=True, metadata={"doc": "Whether the route without face recognition is open."})

    def __post_init__(self) -> None:
        """Check every field against its bounds.

        Raises:
            ConfigError: ``policy.invalid``, naming the field, the value and the bounds.
        """
        for spec in fields(self):
            _check(spec.name, getattr(self, spec.name), dict(spec.metadata))
        for low, high in (
            ("capture_min_gap_ms", "capture_max_gap_ms"),
            ("challenge_min_gap_ms", "challenge_max_gap_ms"),
            ("round_passes", "round_captures"),
            ("gap_ms", "abandon_ms"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise ConfigError("policy.invalid", f"{low} must not be above {high}.")
        if self.heartbeat_ms >= self.gap_ms:
            raise ConfigError("policy.invalid", "heartbeat_ms must be below gap_ms, else every report comes too late.")


def _check(name: str, value: object, meta: dict[str, Any]) -> None:
    if "low" in meta:
        if type(value) is not int or not meta["low"] <= value <= meta["high"]:
            raise ConfigError(
                "policy.invalid", f"{name} must be an integer from {meta['low']} to {meta['high']}, got {value!r}."
            )
    elif "choices" in meta:
        if not isinstance(value, tuple) or any(value.count(item) > 1 or item not in meta["choices"] for item in value):
            raise ConfigError(
                "policy.invalid",
                f"{name} must list distinct values out of {', '.join(meta['choices'])}, got {value!r}.",
            )
    elif isinstance(value, str) and not 1 <= len(value) <= 64:
        raise ConfigError("policy.invalid", f"{name} must have 1 to 64 characters.")


def policy_from_mapping(values: Mapping[str, object]) -> Policy:
    """Build a policy from parsed TOML or JSON.

    Raises:
        ConfigError: ``policy.unknown_key`` or ``policy.invalid``, naming the key.
    """
    known = {spec.name: spec for spec in fields(Policy)}
    arguments: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(
                "policy.unknown_key", f"The policy has no field {key!r}.", "See docs/policy.md for the fields."
            )
        default = known[key].default
        if isinstance(default, tuple) and isinstance(value, list):
            value = tuple(value)
        if type(value) is not type(default):
            raise ConfigError("policy.invalid", f"{key} must be of type {type(default).__name__}, got {value!r}.")
        arguments[key] = value
    return Policy(**arguments)


def policy_to_mapping(policy: Policy) -> dict[str, object]:
    """Return the policy as plain values, in field order; tuples become lists."""
    plain: dict[str, object] = {}
    for spec in fields(policy):
        value = getattr(policy, spec.name)
        plain[spec.name] = list(value) if isinstance(value, tuple) else value
    return plain


def policy_digest(policy: Policy) -> str:
    """Return the SHA-256 of the policy's canonical form, 64 hex digits: what records carry."""
    return hashlib.sha256(canonical_bytes(policy_to_mapping(policy))).hexdigest()
