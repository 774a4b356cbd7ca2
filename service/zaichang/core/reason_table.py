"""The one table of reason codes: each code's cost, the case it opens, its readers, its part in the rules.

Every other list of codes is derived from it: the sets of the session's rules, the indicators that open a review case,
the sentences that the player carries, the columns of docs/reasons.md. A code without a row fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import Final

from zaichang.core.reasons import ReasonCode


class Cost(StrEnum):
    """The time that a reason costs the learner; the values are the words of docs/reasons.md."""

    NOTHING = "nothing"
    STRETCH = "the time of the cause"
    """The media played while the cause lasted; by a challenge, since the last check that passed before it was shown."""
    BRACKET = "since the last passed check"
    """Everything since the last check that passed, when the check fails for this reason. Excuses do not cover it."""
    REVIEW = "a reviewer decides"
    """The stretch or the bracket is undecided until a reviewer grants or refuses it."""


class Part(Enum):
    """The part that a code plays in the rules of the session."""

    BLOCKING = auto()
    """The picture cannot be used: another one is needed before anyone can be recognised."""
    REFUSAL = auto()
    """The picture speaks against the learner."""
    LACK = auto()
    """All was done as asked, and only a result is missing: a reviewer decides."""
    TRANSIENT = auto()
    """A lack that another capture mends."""
    ABSENCE = auto()
    """A miss that a learner who came only when called would show."""
    LEAVES_NOTHING = auto()
    """Never leaves time to a reviewer, so it may stand in a minute beside the reason that did."""
    UNREADABLE = auto()
    """The service has no opinion on the picture: `zaichang assess` reports it as undecided."""


class Reader(StrEnum):
    """The place where a reason is shown; the values are the words of docs/reasons.md."""

    PLAYER = "player, at once"
    """The player hears the code alone and carries its sentence."""
    RECORD = "record"
    """The learner reads it in the record or beside a minute, together with its sentence."""
    REVIEW = "review case"
    """It stands in a review case; the learner reads it there if the case concerns the learner's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The effect of a reason code.

    Attributes:
        cost: The time that it costs the learner.
        reader: The place where it is shown.
        case_from: Number of times within one session from which it opens a review case by itself; 0: it never does.
        parts: Its parts in the rules.
    """

    cost: Cost
    reader: Reader
    case_from: int = 0
    parts: frozenset[Part] = frozenset()


def _e(cost: Cost, *parts: Part, reader: Reader = Reader.PLAYER, case: int = 0) -> Effect:
    return Effect(cost=cost, reader=reader, case_from=case, parts=frozenset(parts))


_R, _P = ReasonCode, Part
_NOTHING, _STRETCH, _BRACKET, _REVIEW = Cost.NOTHING, Cost.STRETCH, Cost.BRACKET, Cost.REVIEW
_RECORD, _CASE = Reader.RECORD, Reader.REVIEW

EFFECTS: Final = MappingProxyType(
    {
        # The frame
        _R.NO_FACE: _e(_BRACKET, _P.BLOCKING, _P.ABSENCE),
        _R.MULTIPLE_FACES: _e(_BRACKET, _P.BLOCKING, _P.ABSENCE, case=3),
        _R.BACKGROUND_FACE: _e(_NOTHING, reader=_RECORD),
        _R.FACE_TOO_SMALL: _e(_BRACKET, _P.BLOCKING),
        _R.FACE_CUT_OFF: _e(_BRACKET, _P.BLOCKING),
        _R.FACE_OCCLUDED: _e(_BRACKET, _P.BLOCKING),
        _R.FACE_MASKED: _e(_BRACKET, _P.BLOCKING),
        _R.POSE_TOO_FAR: _e(_BRACKET, _P.BLOCKING),
        _R.TOO_DARK: _e(_BRACKET, _P.BLOCKING),
        _R.TOO_BRIGHT: _e(_BRACKET, _P.BLOCKING),
        _R.BLURRED: _e(_BRACKET, _P.BLOCKING),
        _R.CAMERA_COVERED: _e(_BRACKET, _P.BLOCKING, _P.ABSENCE),
        _R.FRAME_UNREADABLE: _e(_BRACKET, _P.BLOCKING, _P.UNREADABLE),
        _R.FRAME_TOO_LARGE: _e(_BRACKET, _P.BLOCKING, _P.UNREADABLE),
        _R.NOT_ANALYSED: _e(_REVIEW, _P.LACK, _P.TRANSIENT, _P.UNREADABLE),
        # Who and whether alive
        _R.NOT_SAME_PERSON: _e(_BRACKET, _P.REFUSAL, case=1),
        _R.IDENTITY_UNCERTAIN: _e(_BRACKET),
        _R.REFERENCE_MISSING: _e(_REVIEW, _P.LACK),
        _R.REFERENCE_OUTDATED: _e(_REVIEW, _P.LACK),
        _R.PAD_MISSING: _e(_REVIEW, _P.LACK),
        _R.PAD_ATTACK: _e(_BRACKET, _P.REFUSAL, case=1),
        _R.LIVENESS_FAILED: _e(_STRETCH, _P.REFUSAL, case=3),
        _R.DUPLICATE_FRAME: _e(_BRACKET, _P.REFUSAL, case=1),
        _R.CAMERA_FROZEN: _e(_BRACKET, _P.REFUSAL, case=1),
        _R.CAMERA_CHANGED: _e(_NOTHING, case=5),
        _R.VIRTUAL_CAMERA: _e(_NOTHING, case=1),
        _R.CAMERA_UNAVAILABLE: _e(_BRACKET, _P.ABSENCE),
        _R.FACE_IN_TWO_SESSIONS: _e(_REVIEW, _P.LACK),
        # Captures and challenges
        _R.CAPTURE_MISSED: _e(_BRACKET, _P.ABSENCE),
        _R.CAPTURE_LATE: _e(_BRACKET),
        _R.CAME_WHEN_CALLED: _e(_REVIEW, reader=_RECORD, case=2),
        _R.CAPTURE_NONCE: _e(_NOTHING, reader=_RECORD),
        _R.CHALLENGE_UNANSWERED: _e(_STRETCH),
        _R.CHALLENGE_WRONG: _e(_NOTHING),
        _R.CHALLENGE_TOO_FAST: _e(_NOTHING, case=2),
        _R.CHALLENGE_TOO_REGULAR: _e(_NOTHING, reader=_CASE, case=1),
        _R.CHALLENGE_SAME_ANSWER: _e(_NOTHING, reader=_CASE, case=1),
        _R.PASSKEY_FAILED: _e(_NOTHING, reader=_CASE, case=3),
        _R.PASSKEY_MISSING: _e(_REVIEW, _P.LACK, reader=_RECORD),
        # Active liveness
        _R.LIVENESS_NO_RESPONSE: _e(_STRETCH),
        _R.LIVENESS_WRONG_ACTION: _e(_STRETCH),
        _R.LIVENESS_TOO_EARLY: _e(_STRETCH),
        _R.LIVENESS_FLAT: _e(_STRETCH),
        _R.LIVENESS_INTERRUPTED: _e(_STRETCH),
        _R.LIVENESS_MISSING: _e(_REVIEW, reader=_RECORD),
        # Player, page and network
        _R.PLAYER_PAUSED: _e(_NOTHING, _P.LEAVES_NOTHING),
        _R.PLAYER_STALLED: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.PAGE_HIDDEN: _e(_STRETCH, _P.ABSENCE, _P.LEAVES_NOTHING),
        _R.PAGE_UNFOCUSED: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.PICTURE_IN_PICTURE: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.SECOND_SCREEN: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.SEEK_FORWARD: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.RATE_TOO_FAST: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.AHEAD_OF_LIVE: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.LIVE_JUMP: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.ALREADY_CREDITED: _e(_NOTHING, _P.LEAVES_NOTHING),
        _R.LESSON_ENDED: _e(_NOTHING, _P.LEAVES_NOTHING),
        _R.MEDIA_NOT_DELIVERED: _e(_REVIEW, reader=_RECORD),
        _R.NETWORK_GAP: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.HEARTBEAT_REJECTED: _e(_STRETCH, _P.LEAVES_NOTHING, reader=_RECORD),
        # The session
        _R.AWAITING_NONCE: _e(_STRETCH),
        _R.NONCE_REJECTED: _e(_STRETCH, reader=_RECORD),
        _R.AWAITING_PROOF: _e(_STRETCH),
        _R.NO_CLOSING_PROOF: _e(_STRETCH, _P.LEAVES_NOTHING, reader=_RECORD),
        _R.SUPERSEDED: _e(_STRETCH, _P.LEAVES_NOTHING),
        _R.SESSION_ABANDONED: _e(_NOTHING, reader=_RECORD),
        _R.SESSION_FINISHED: _e(_NOTHING, reader=_RECORD),
        _R.SESSION_TIME_LIMIT: _e(_NOTHING, reader=_RECORD),
        _R.STRIKES_EXHAUSTED: _e(_NOTHING, reader=_RECORD),
        _R.NON_BIOMETRIC: _e(_NOTHING, reader=_RECORD),
        # Indicators across sessions
        _R.PAGE_TAMPERED: _e(_NOTHING, reader=_CASE, case=1),
        _R.SHARED_DEVICE: _e(_NOTHING, reader=_CASE),
        _R.FACE_OF_ANOTHER_ACCOUNT: _e(_NOTHING, reader=_CASE),
        _R.SEVERAL_FACES: _e(_NOTHING, reader=_CASE),
        _R.SHARED_ADDRESS: _e(_NOTHING, reader=_CASE),
        _R.MANY_DEVICES: _e(_NOTHING, reader=_CASE),
        _R.PARALLEL_COURSES: _e(_NOTHING, reader=_CASE),
        # A person's decision
        _R.APPEALED: _e(_REVIEW, reader=_CASE),
        _R.REVIEW_GRANTED: _e(_NOTHING, reader=_RECORD),
        _R.REVIEW_REFUSED: _e(_STRETCH, reader=_RECORD),
        _R.SERVICE_FAULT: _e(_NOTHING, reader=_RECORD),
        _R.DELIVERY_CONFIRMED: _e(_NOTHING, reader=_RECORD),
        _R.MOVEMENTS_FOLLOWED: _e(_NOTHING, reader=_RECORD),
        # Verified time that two people took back
        _R.REVOKED_PROXY: _e(_STRETCH, reader=_RECORD),
        _R.REVOKED_FRAUD: _e(_STRETCH, reader=_RECORD),
        _R.REVOKED_ERROR: _e(_STRETCH, reader=_RECORD),
        _R.REVOKED_YEAR: _e(_STRETCH, reader=_RECORD),
    }
)


def _with(part: Part) -> frozenset[ReasonCode]:
    return frozenset(code for code, effect in EFFECTS.items() if part in effect.parts)


BLOCKING: Final = _with(Part.BLOCKING)
REFUSALS: Final = _with(Part.REFUSAL)
ABSENCES: Final = _with(Part.ABSENCE)
LACKS: Final = _with(Part.LACK)
LASTING: Final = LACKS - _with(Part.TRANSIENT)
"""Lacks that another capture cannot mend; a picture that a busy service dropped is taken again."""
LEAVES_NOTHING: Final = _with(Part.LEAVES_NOTHING)
UNREADABLE: Final = _with(Part.UNREADABLE)
INDICATORS: Final = MappingProxyType({code: effect.case_from for code, effect in EFFECTS.items() if effect.case_from})
"""Codes that open a review case by themselves, and from which count in a session on; our choice."""
