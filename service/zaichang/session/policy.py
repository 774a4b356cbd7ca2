"""A policy: every number and choice that the rules depend on, with bounds and units. Records carry its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import ChallengeKind, PasskeyUse, Proof
from zaichang.core.errors import ConfigError
from zaichang.session import policy_fields
from zaichang.session.policy_fields import BACK_SINCE_SCHEMA as BACK_SINCE_SCHEMA
from zaichang.session.policy_fields import DRAWN_SINCE_SCHEMA as DRAWN_SINCE_SCHEMA
from zaichang.session.policy_fields import ENDS_SINCE_SCHEMA as ENDS_SINCE_SCHEMA
from zaichang.session.policy_fields import PLEDGED_SINCE_SCHEMA as PLEDGED_SINCE_SCHEMA
from zaichang.session.policy_fields import SCHEMA as SCHEMA
from zaichang.session.policy_fields import back, choice, limit, member, sample, spread, switch, unsure, whole, word


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one institution's courses. All defaults are our choice; packs cite the clause where there is one."""

    name: str = field(default="default", metadata={"doc": "Short name, recorded."})
    version: str = field(default="2026.1", metadata={"doc": "Version of this pack, recorded."})
    schema: int = whole(
        policy_fields.SCHEMA_OF_CODE,
        1,
        SCHEMA,
        "Which set of fields this policy has, and so which rules: 3 judges captures as drawn samples, from 5 on reports"
        " pledge frames, 6 proves the lesson's end before it comes, 7 looks back over earlier frames, 8 over all since"
        " the last sample, from 9 on right movements that are unsure of the learner wait. One that names none is 1: its"
        " digest holds no limits of liveness.",
        since=2,
    )

    # Which proofs a minute needs
    proofs: tuple[Proof, ...] = choice(
        tuple(Proof), tuple(Proof), "Proofs that each capture must give; without one of them it never passes."
    )
    similarity_min_bp: int = whole(4100, 0, 10_000, "Least similarity to the reference that counts as the same person.")
    pad_min_bp: int = whole(5000, 0, 10_000, "Least bona fide score that counts as a living person.")
    quality_min_bp: int = whole(1500, 0, 10_000, "Least quality of the face for a capture to count.")

    # Playhead
    rate_max_bp: int = whole(
        10_200, 5_000, 20_400, "Fastest credited playback by the server's clock; 10200 = 1.0x and 2 % drift."
    )
    burst_ms: int = whole(
        12_000, 1_000, 15_000, "How far playback may run ahead of the server's clock for a moment (late packets)."
    )
    seek_tolerance_ms: int = whole(
        1_500,
        0,
        5_000,
        "How far a playhead may pass the furthest point, or the server's clock, because of rounding.",
    )
    skip_allowed: bool = switch(False, "Whether a first viewing may skip ahead.")

    # Heartbeats
    heartbeat_ms: int = whole(5_000, 1_000, 30_000, "How often the player reports.")
    gap_ms: int = whole(
        16_000,
        5_000,
        120_000,
        "Time without heartbeats after which the connection counts as lost; only the gap is not credited.",
    )
    abandon_ms: int = whole(1_800_000, 60_000, 14_400_000, "Time without heartbeats after which the session is closed.")
    session_max_ms: int = whole(14_400_000, 600_000, 43_200_000, "Longest session.")

    # Captures (docs/protocol.md, "capture rounds")
    capture_mean_ms: int = whole(
        40_000,
        5_000,
        900_000,
        "Mean time between capture rounds, in ACTIVE time in which new media may be played, where none is forced:"
        " `capture_max_gap_ms` pulls the true mean down (40000 gives 38.8 s, 60000 gives 51.7 s; with a greatest gap"
        " of 180000, 58.9 s).",
    )
    capture_min_gap_ms: int = whole(15_000, 1_000, 600_000, "Least time between two rounds.")
    capture_max_gap_ms: int = whole(90_000, 5_000, 1_200_000, "A round is forced after this time without one.")
    capture_deadline_ms: int = whole(15_000, 3_000, 120_000, "How long a captured picture may take to arrive.")
    round_passes: int = whole(2, 1, 5, "Captures that must pass for a round to pass (k).")
    round_captures: int = whole(8, 1, 20, "Captures a round may take (n).")
    round_refusals: int = whole(
        4, 1, 10, "A round fails after this many captures of another person, or of a photo or screen."
    )
    round_silent: int = whole(
        2, 0, 10, "Missed captures of a round without a message; after one more the page asks the learner."
    )
    retake_ms: int = whole(1_200, 200, 30_000, "Time between the captures of a round.")
    retake_prompted_ms: int = whole(4_000, 500, 60_000, "The same once the learner was asked, to give time to react.")
    repeats_max: int = whole(
        3, 0, 1_000, "Captures that may equal an earlier one; with one more, all of them count as a recording."
    )
    cure_ms: int = whole(8_000, 1_000, 120_000, "Time between rounds while a failed round has stopped the counting.")
    excuses: int = whole(
        4,
        0,
        20,
        "Challenges of a session whose time a drop of the network stops. Schema 3 and 4: also the brackets, after those"
        " of `called_max`, that go to review where the learner came only when called; later ones are lost. Schema 1"
        " and 2: all free passes of a session, also for checks cut off by the network or a hidden page.",
    )
    strikes_max: int = whole(0, 0, 100, "Failed proofs after which the session ends; 0: never.")

    # Captures as drawn samples (schema 3; docs/protocol.md, "capture rounds")
    similarity_weak_bp: int = sample(
        2_500,
        0,
        10_000,
        "Least similarity that still recognises the learner in a picture too masked, turned or cut to pass.",
    )
    notice_ms: int = sample(
        4_000,
        500,
        30_000,
        "How long after its order, and the line's own time, a picture (or word that there is none) may come before it"
        " counts as one that the learner was called for.",
    )
    line_max_ms: int = sample(
        4_000, 0, 30_000, "The most that is allowed for the line: the quickest answer on this connection is measured."
    )
    frames_pledged: int = whole(2, 0, 4, "Frames that each report pledges by their hashes; 0: none.", since=5)
    frames_required: bool = switch(False, "Whether a sample is missed where the last reports pledged none.", since=5)
    end_lead_ms: int = whole(4_000, 0, 30_000, "How long before the lesson's end a closing round begins.", since=6)
    frames_back: int = back(4, 1, 8, "Frames that a sample asks for, newest first, until one shows the learner.")
    frames_each_ms: int = spread(20_000, 0, 120_000, "A sample asks for one frame of each such stretch since the last.")
    unseen_max_ms: int = back(15_000, 0, 120_000, "A longer check that began without a learner leaves its time out.")
    frame_time_ms: int = sample(
        5_000, 0, 30_000, "A picture that repeats its round's last one this soon is a slow camera's: it is taken again."
    )
    opening_failed_max: int = sample(
        3, 1, 20, "First checks refused by attack detection alone, after which the session's time goes to review."
    )
    still_ms: int = sample(10_000, 1_000, 60_000, "A player that says that it plays is stalled if it stands so long.")
    pace_pct: int = sample(
        150, 110, 1_000, "Reports that come less often than this share of `heartbeat_ms` earn nothing for the excess."
    )
    unlinked_pct: int = sample(
        10, 0, 100, "Share of the time that may be played without a connection, where no sample can be taken."
    )
    unlinked_ms: int = sample(20_000, 0, 120_000, "How much of it may be saved up: a learner starts with as much.")
    miss_worth_ms: int = sample(
        600_000,
        10_000,
        3_600_000,
        "Proved media that makes up for one missed sample. Wald's test for a rate: with honest misses every 20 minutes"
        " and absences every 5 tolerated, one miss weighs as much as about 10 minutes.",
    )
    misses_max_pct: int = sample(225, 50, 2_000, "Missed samples (in hundredths) that may be open before time waits.")
    misses_start_pct: int = sample(75, 0, 2_000, "With how many (in hundredths) a learner starts a lesson.")
    called_max: int = sample(
        1, 0, 20, "Brackets of a learner and lesson that are credited though the learner came only when called."
    )
    failed_max: int = sample(
        5, 1, 100, "Failed drawn rounds of a learner and lesson after which a person decides all that follows."
    )
    leniency_ms: int = sample(
        2_592_000_000,
        0,
        31_536_000_000,
        "How long the counts of a learner and lesson are kept from one session to the next.",
    )

    # Challenges
    challenge_kinds: tuple[ChallengeKind, ...] = choice(
        (ChallengeKind.CONFIRM, ChallengeKind.CODE),
        tuple(kind for kind in ChallengeKind if kind is not ChallengeKind.PASSKEY),
        "Kinds of challenges in use, passkeys apart; may be empty.",
    )
    challenge_mean_ms: int = whole(600_000, 10_000, 3_600_000, "Mean time between challenges, in ACTIVE time.")
    challenge_min_gap_ms: int = whole(240_000, 5_000, 3_600_000, "Least time between two challenges.")
    challenge_max_gap_ms: int = whole(
        1_200_000, 10_000, 7_200_000, "A challenge is forced after this time without one."
    )
    challenge_deadline_ms: int = whole(90_000, 5_000, 600_000, "Time to answer a challenge.")
    challenge_attempts: int = whole(3, 1, 10, "Wrong answers after which a challenge counts as failed.")
    confirm_attempts: int = sample(
        1, 1, 10, "The same for a click on the route without captures, where chance alone would pass one in three."
    )
    reaction_min_ms: int = whole(
        700, 0, 5_000, "A faster answer is refused as automatic; a challenge of another kind follows."
    )

    # Passkeys (docs/protocol.md, "passkeys"): the learner's own device confirms its owner
    passkey_face: str = word(PasskeyUse.OFF, "Use of passkeys on the route with faces: `off`, `allowed` or `required`.")
    passkey_challenge: str = word(
        PasskeyUse.REQUIRED, "The same on the route without faces, where a passkey is then the proof at each moment."
    )
    passkey_supervised: bool = switch(
        False, "Whether only passkeys count that were registered under the institution's eyes.", since=4
    )

    # Active liveness (docs/protocol.md, "active liveness"); never on the route without face recognition
    liveness_start: bool = switch(False, "Whether a liveness challenge must pass before the first minute counts.")
    liveness_bracket: bool = switch(
        False, "Whether time that captures have proved is credited only after the next passed liveness challenge."
    )
    liveness_max_gap_ms: int = whole(
        900_000, 60_000, 3_600_000, "Longest time between two passed liveness challenges, in ACTIVE time."
    )
    liveness_tail_pct: int = whole(
        10, 0, 50, "Share of that gap: a session that ends this soon after passed movements needs no others.", since=6
    )
    liveness_follow_ms: int = spread(60_000, 0, 14_400_000, "How soon the next session must begin to close this one.")
    liveness_actions: int = whole(2, 1, 3, "Actions that one try asks for.")
    liveness_step_ms: int = whole(7_000, 3_000, 30_000, "Time for one action; the learner's allowance extends it.")
    liveness_failed_max: int = sample(
        2,
        1,
        20,
        "Failed movement checks after which two in a row must pass, and a person decides the time before them.",
    )
    pad_weak_bp: int = unsure(3_000, 0, 10_000, "Score from which attack detection is only unsure of right movements.")
    liveness_respond_min_ms: int = whole(
        200, 0, 2_000, "A movement that begins earlier than this after its order is no answer to it."
    )

    # One try at active liveness: its frames and its times (docs/protocol.md, "active liveness")
    liveness_interval_ms: int = limit(200, 50, 1_000, "How often the player sends a frame during a try.")
    liveness_frames_max: int = limit(150, 20, 600, "Frames that one try takes; later ones are dropped.")
    liveness_frames_per_s: int = limit(6, 1, 30, "Frames that a try takes per second in the long run.")
    liveness_burst_frames: int = limit(32, 1, 120, "Frames that may arrive at once, as after a network hiccup.")
    liveness_look_ms: int = limit(2_000, 200, 30_000, "Longest wait for the analysis of one frame of a try.")
    liveness_compare_ms: int = limit(8_000, 1_000, 60_000, "Longest wait for the comparison with the reference.")
    liveness_unseen_bp: int = limit(
        3_334,
        0,
        10_000,
        "A failed try is the service's fault where more than this share of its frames was not analysed.",
    )
    liveness_hold_min_ms: int = limit(1_000, 200, 10_000, "Least time that the head rests before an action is shown.")
    liveness_hold_spread_ms: int = limit(1_500, 1, 10_000, "A random time below this is added to the rest.")
    liveness_link_ms: int = limit(
        6_000, 0, 30_000, "Longest delay that a slow line may add to an order and its frames together."
    )
    liveness_prompt_ms: int = limit(
        1_000,
        0,
        10_000,
        "Time in which the first frame after an order arrives on a good line; any more is the line's delay.",
    )
    liveness_late_ms: int = limit(2_000, 0, 10_000, "Frames sent in time may arrive this much later.")
    liveness_analysis_ms: int = limit(
        15_000, 0, 120_000, "Time that a try may take beyond its steps, for the last frames' analysis."
    )
    liveness_rest_more_ms: int = limit(
        4_000, 0, 30_000, "How long after its drawn time a rest may take to become still."
    )
    liveness_return_ms: int = limit(3_000, 0, 30_000, "How long the head may take to come back after the last action.")

    # The resting head that a movement is measured against
    liveness_rest_frames: int = limit(4, 2, 20, "Frames of the resting head, in a row, that a rest needs.")
    liveness_rest_yaw_cdeg: int = limit(
        1_600, 100, 9_000, "A resting head is turned less than this: a camera may stand a little aside."
    )
    liveness_rest_pitch_cdeg: int = limit(3_000, 100, 9_000, "A resting head is raised or lowered less than this.")
    liveness_still_cdeg: int = limit(600, 10, 9_000, "Frames of a resting head differ by less than this.")
    liveness_leave_cdeg: int = limit(
        1_200, 10, 18_000, "A resting head that turns this far before the order has moved too early."
    )
    liveness_home_cdeg: int = limit(
        800, 10, 9_000, "Between and after the actions the head must come back this close to the first rest."
    )

    # How much movement counts
    liveness_yaw_cdeg: int = limit(1_500, 100, 9_000, "A turn counts from here.")
    liveness_pitch_cdeg: int = limit(1_000, 100, 9_000, "Looking up or down counts from here.")
    liveness_parallax_bp: int = limit(
        500,
        0,
        10_000,
        "Movement of the nose beyond the face's plane, in eye distances, that a solid head shows in a turn.",
    )
    liveness_nod_parallax_bp: int = limit(250, 0, 10_000, "The same for looking up or down.")
    liveness_flat_cdeg: int = limit(
        1_600,
        100,
        18_000,
        "A face whose foreshortening shows this much more rotation than its points is a flat picture.",
    )
    liveness_eye_closed_bp: int = limit(
        6_600, 100, 9_900, "Eye opening against the person's own open eye, below which it is closed."
    )
    liveness_mouth_open_bp: int = limit(
        3_000, 100, 10_000, "Lip distance over mouth width, from which the mouth is open."
    )
    liveness_begun_bp: int = limit(4_000, 0, 10_000, "Share of a limit at which a movement has begun.")
    liveness_at_rest_bp: int = limit(8_000, 0, 10_000, "Share of a limit that the resting head may reach.")
    liveness_agree_frames: int = limit(2, 1, 10, "Frames that must agree: one may be noise, or a blink by itself.")

    # Coloured light (kind ``light``)
    liveness_light_colours: int = limit(20, 17, 20, "Colours that one try shows.")
    liveness_light_step_ms: int = limit(400, 200, 2_000, "How long each colour is shown.")
    liveness_light_correlation_bp: int = limit(
        6_000, 0, 10_000, "Least correlation between the colour changes shown and those seen on the face."
    )
    liveness_light_lag_frames: int = limit(3, 0, 20, "Frames by which screen, camera and network may delay the answer.")
    liveness_light_changes: int = limit(
        16, 1, 19, "Fewest colour changes that are judged: with 11, 3 % of wrong sequences pass by chance."
    )
    liveness_light_floor_centi: int = limit(
        400, 1, 10_000, "Hundredths of a grey level below which a channel is noise; a face needs twice as much."
    )

    # Delivery (docs/protocol.md, "delivery log")
    delivery_required: bool = switch(
        False, "Whether only media counts that the delivery log says was sent to this session."
    )
    delivery_wait_ms: int = whole(
        300_000, 0, 3_600_000, "How late the delivery log may be; media still missing then goes to review."
    )

    # Focus
    pause_when_hidden: bool = switch(True, "Whether a hidden page stops counting (焦点控制).")
    pause_when_unfocused: bool = switch(False, "The same for a visible page without focus.")
    pause_when_floating: bool = switch(True, "The same for a video in a small window of its own (picture in picture).")
    pause_on_second_screen: bool = switch(
        False, "The same while a second screen is connected; many desks have one, so this is off."
    )

    # Schedule
    beacon_wait_ms: int = whole(
        0, 0, 600_000, "Time after its start in which a session accepts a witness's beacon; 0: it asks for none."
    )

    # Records
    segment_ms: int = whole(300_000, 15_000, 3_600_000, "Wall time that one session.segment leaf covers.")
    non_face_route: bool = switch(True, "Whether the route without face recognition is open.")

    @property
    def rules(self) -> int:
        """The session's rules: 1; 2: drawn samples; 4: pledges; 5: ends; 6: looks back; 7: over all time; 8: unsure."""
        return policy_fields.rules_of(self.schema)

    def __post_init__(self) -> None:
        """Check every field against its bounds.

        Raises:
            ConfigError: ``policy.invalid``, naming the field, the value and the bounds.
        """
        for spec in fields(self):
            policy_fields.check(spec.name, getattr(self, spec.name), dict(spec.metadata))
        policy_fields.check_order(self)
        for spec in _newer(self.schema):
            if spec.name != "schema" and getattr(self, spec.name) != spec.default:
                raise ConfigError(
                    "policy.invalid",
                    f"A policy of schema {self.schema} has no {spec.name}: its digest would not hold it.",
                    f"Write schema = {SCHEMA} into the policy.",
                )


def _newer(schema: int) -> list[Field[Any]]:
    """Return the fields that a policy of this schema does not have."""
    return [spec for spec in fields(Policy) if spec.metadata.get("since", 1) > schema]


def policy_from_mapping(values: Mapping[str, object]) -> Policy:
    """Build a policy from parsed TOML or JSON: a pack, which may leave fields to their defaults, or a stored document.

    One that names no ``schema`` is of schema 1, as all stored documents were that lack the field: their digests hold.

    Raises:
        ConfigError: ``policy.unknown_key`` or ``policy.invalid``, naming the key.
    """
    known = {spec.name: spec for spec in fields(Policy)}
    arguments: dict[str, Any] = {"schema": 1}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(
                "policy.unknown_key", f"The policy has no field {key!r}.", "See docs/policy.md for the fields."
            )
        default = known[key].default
        if isinstance(default, tuple) and isinstance(value, list):
            value = tuple(member(known[key].metadata["choices"], item) for item in value)
        if type(value) is not type(default):
            raise ConfigError("policy.invalid", f"{key} must be of type {type(default).__name__}, got {value!r}.")
        arguments[key] = value
    return Policy(**arguments)


def policy_to_mapping(policy: Policy) -> dict[str, object]:
    """Return the policy's own schema's fields as plain values, in field order; tuples become lists."""
    plain: dict[str, object] = {}
    newer = {spec.name for spec in _newer(policy.schema)}
    for spec in fields(policy):
        if spec.name in newer:
            continue
        value = getattr(policy, spec.name)
        plain[spec.name] = [str(item) for item in value] if isinstance(value, tuple) else value
    return plain


def policy_digest(policy: Policy) -> str:
    """Return the SHA-256 of the policy's canonical form, 64 hex digits, as records carry it."""
    return hashlib.sha256(canonical_bytes(policy_to_mapping(policy))).hexdigest()
