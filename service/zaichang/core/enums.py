"""The closed sets of words that events, policies and records carry; each member's value is the stored string."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from zaichang.core.errors import StorageError

E = TypeVar("E", bound=StrEnum)


class Route(StrEnum):
    """The way in which a session proves presence: with face recognition, or by challenges."""

    FACE = "face"
    CHALLENGE = "challenge"
    """The route without face recognition: challenges alone are the proof."""


class Proof(StrEnum):
    """A proof that each capture must give."""

    PRESENCE = "presence"
    IDENTITY = "identity"
    PAD = "pad"


class ChallengeKind(StrEnum):
    """The kinds of challenges (验证弹窗)."""

    CONFIRM = "confirm"
    CODE = "code"
    QUESTION = "question"
    LIVENESS = "liveness"
    LIGHT = "light"
    PASSKEY = "passkey"
    """The learner's own device confirms its owner by fingerprint, face or PIN (WebAuthn with user verification)."""


class PasskeyUse(StrEnum):
    """Where a policy uses passkeys on a route."""

    OFF = "off"
    ALLOWED = "allowed"
    """Asked of a learner who has one; otherwise another challenge does."""
    REQUIRED = "required"
    """As allowed, and time without one goes to a person."""


class PasskeyCause(StrEnum):
    """Why a learner cannot use a passkey now."""

    UNSUPPORTED = "unsupported"
    """The browser or the device cannot do it."""
    DECLINED = "declined"
    """The learner says that the device is not here, or that it does not work."""


class LivenessAction(StrEnum):
    """The action of one step of a liveness try. ``COLOUR`` belongs to coloured light, the others to the head."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    LOOK_DOWN = "look_down"
    BLINK = "blink"
    OPEN_MOUTH = "open_mouth"
    COLOUR = "colour"


class SessionState(StrEnum):
    """The stored state of a session."""

    OPEN = "open"
    SUPERSEDED = "superseded"
    """A later session took its place; it is being closed."""
    CLOSED = "closed"


class CaseKind(StrEnum):
    """The subject of a review case."""

    SESSION = "session"
    ACCOUNT = "account"
    DEVICE = "device"
    ADDRESS = "address"


class CaseState(StrEnum):
    """Whether a review case is open."""

    OPEN = "open"
    CLOSED = "closed"


class SightingKind(StrEnum):
    """The kinds of traits that are recorded of a session, to compare sessions."""

    DEVICE = "device"
    ADDRESS = "address"
    HINT = "hint"
    """A code that the client reports."""


class ReviewOutcome(StrEnum):
    """A reviewer's decision about a case."""

    GRANT = "grant"
    REFUSE = "refuse"
    NOTED = "noted"
    """Seen; there is nothing to decide."""
    EXPECTED = "expected"
    """Many rightly share this address or device; it is not shown again."""
    REVOKE = "revoke"
    """Two people took verified time back."""


class RevocationScope(StrEnum):
    """The time that a revocation takes back."""

    INTERVALS = "intervals"
    """Positions of a session's lesson."""
    SESSION = "session"
    YEAR = "year"
    """All of a person in a year."""
    VOID = "void"
    """A session and all later decisions about it: it counts for nothing, for good."""


class ProposalState(StrEnum):
    """The state of a proposal of one person that another decides: a revocation, an erasure."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    """Decided, and being carried out."""
    DONE = "done"
    REFUSED = "refused"


class Mode(StrEnum):
    """The form in which a lesson reaches its learners."""

    RECORDED = "recorded"
    BROADCAST = "broadcast"
    """A live broadcast."""


class ErasureScope(StrEnum):
    """The part of a learner's data that an erasure destroys."""

    BIOMETRICS = "biometrics"
    """References, captures and their key; the study record stays under the pseudonym."""
    ALL = "all"
    """The record as well. Positions of lessons stay as a tombstone, so that none is earned twice by coming back."""


class KeyRole(StrEnum):
    """The two keys of an institution."""

    PLATFORM = "platform"
    STAFF = "staff"


class LeafKind(StrEnum):
    """The kinds of leaves in a log (docs/leaf-format.md)."""

    START = "session.start"
    SEGMENT = "session.segment"
    FINAL = "session.final"
    VOID = "session.void"
    AMEND = "session.amend"
    POLICY = "policy"
    KEY = "key"
    UPLOAD = "upload"
    ERASURE = "erasure"
    SAMPLING = "sampling"
    CERTIFICATE = "certificate"
    """A certificate of hours: issued, replaced or revoked."""
    PROJECT = "project"
    """A published project: a course with its filing number and dates."""
    ACTIVITY = "activity"
    """One step of an activity beyond study."""


class CertificateState(StrEnum):
    """The state of a certificate of hours."""

    ISSUED = "issued"
    REPLACED = "replaced"
    """A later certificate stands in its place."""
    REVOKED = "revoked"
    """Two people took it back."""


class OutboxLine(StrEnum):
    """The kinds of lines in the outbox."""

    MINUTE = "minute"
    AMENDMENT = "amendment"
    END = "end"
    """A session has ended."""
    ERASURE = "erasure"


class StepOutcome(StrEnum):
    """The result of one step of a liveness try.

    ``MIRRORED`` is the right turn to the wrong side, as a camera that mirrors its picture shows it.
    """

    PASSED = "passed"
    NO_RESPONSE = "no_response"
    WRONG_ACTION = "wrong_action"
    MIRRORED = "mirrored"
    STARTED_EARLY = "started_early"
    FLAT = "flat"
    UNUSABLE = "unusable"


def stored(kind: type[E], value: str, place: str) -> E:
    """Return the enum member of a stored string.

    Args:
        kind: The enum.
        value: The stored string.
        place: Table and column, for the message.

    Raises:
        StorageError: ``storage.unknown_word``: a newer version wrote it, or the database was changed by hand.
    """
    try:
        return kind(value)
    except ValueError:
        raise StorageError(
            "storage.unknown_word",
            f"{place} holds {value[:40]!r}, which this version does not know.",
            "Start the version that wrote this data folder, or a newer one.",
        ) from None
