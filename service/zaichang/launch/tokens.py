"""Launch tokens: short-lived, signed (JWS, Ed25519), with all terms of a session.

The player hands the token over in its first message, never in the address. What it says (lesson length, policy, route,
allowances) can be read by the page but not changed. One token opens one session (``token_id``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from zaichang.biometric.movement import Action
from zaichang.core.enums import LivenessAction, Route
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId, TokenId, check_id
from zaichang.core.lesson import LessonRef, Terms
from zaichang.core.periods import CALENDAR_YEAR, check_counts_again

AUDIENCE: Final = "zaichang-session"
MEDIA_AUDIENCE: Final = "zaichang-media"
PASSKEY_AUDIENCE: Final = "zaichang-passkey"
ISSUER: Final = "zaichang"
ALGORITHM: Final = "EdDSA"
ROUTES: Final = tuple(route.value for route in Route)
_HINT: Final = "Open the lesson again from the course to get a new one."
LESSON_MAX_MS: Final = 24 * 3_600_000
EXTRA_TIME_MAX_PCT: Final = 400
MOVEMENTS: Final = tuple(action.value for action in Action)
"""The movements that an active liveness challenge can ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchClaims:
    """The claims of a launch token.

    Attributes:
        token_id: Random; one session per token.
        institution_id: The institution of the course.
        learner_id: The institution's pseudonym.
        lesson: Which lesson, in which version.
        policy_digest: The policy in force.
        expires_ms: Until when a session may be opened or resumed with it.
        terms: Route and recorded allowances.
        enrol: Whether the holder may enrol this learner once, where no reference exists.
        counts_again: The day of each year from which the lesson counts again, ``MM-DD``, or ``once``.
        category: ``professional``, ``public`` or empty, as the lesson says.
        course_version: The version of its course, or empty.
        person: A keyed digest of the person, where the launch named one (``Vault.mark``); empty: none.
    """

    token_id: TokenId
    institution_id: InstitutionId
    learner_id: LearnerId
    lesson: LessonRef
    policy_digest: str
    expires_ms: int
    terms: Terms = field(default_factory=Terms)
    enrol: bool = False
    counts_again: str = CALENDAR_YEAR
    category: str = ""
    course_version: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaTicket:
    """A ticket for a lesson's media, tied to a launch. It opens no session, so it may stand in an address.

    Attributes:
        launch: The launch token's id.
        institution_id: The institution of the course.
        lesson_id: Which lesson's media.
        duration_ms: Length of the lesson.
    """

    launch: TokenId
    institution_id: InstitutionId
    lesson_id: LessonId
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyTicket:
    """A ticket with which a learner's device registers a passkey under the institution's eyes.

    Attributes:
        ticket_id: Random.
        institution_id: Whose learner.
        learner_id: The institution's pseudonym.
    """

    ticket_id: str
    institution_id: InstitutionId
    learner_id: LearnerId


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    jti: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]
    iss: str
    aud: str
    exp: int
    sub: str
    inst: str
    course: str
    lesson: str
    dur: Annotated[int, msgspec.Meta(ge=1_000, le=LESSON_MAX_MS)]
    pol: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    route: str = Route.FACE
    extra: Annotated[int, msgspec.Meta(ge=0, le=EXTRA_TIME_MAX_PCT)] = 0
    spare: tuple[str, ...] = ()
    enrol: bool = False
    ver: str = "1"
    line: str = "1"
    live: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] = 0
    again: str = CALENDAR_YEAR
    cat: Literal["", "professional", "public"] = ""
    cver: Annotated[str, msgspec.Meta(max_length=64)] = ""
    who: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")] | None = None


class LaunchTokens:
    """Issues and checks launch tokens with one Ed25519 key."""

    def __init__(self, private_key: bytes) -> None:
        """Use a 32-byte Ed25519 seed."""
        self._private = Ed25519PrivateKey.from_private_bytes(private_key)
        self._public = self._private.public_key()

    def issue(self, claims: LaunchClaims) -> str:
        """Return the compact token.

        Raises:
            PeerViolation: ``id.invalid`` or ``launch.invalid``, naming the field.
        """
        payload: dict[str, Any] = {
            "jti": claims.token_id,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "exp": claims.expires_ms // 1000,
            "sub": claims.learner_id,
            "inst": claims.institution_id,
            "course": claims.lesson.course_id,
            "lesson": claims.lesson.lesson_id,
            "dur": claims.lesson.duration_ms,
            "pol": claims.policy_digest,
            "route": str(claims.terms.route),
            "extra": claims.terms.extra_time_pct,
            "enrol": claims.enrol,
            "ver": claims.lesson.version,
            "line": claims.lesson.timeline,
            "again": claims.counts_again,
        }
        if claims.lesson.live_from_ms:
            payload["live"] = claims.lesson.live_from_ms
        if claims.category:
            payload["cat"] = claims.category
        if claims.course_version:
            payload["cver"] = claims.course_version
        if claims.person:
            payload["who"] = claims.person
        if claims.terms.liveness_excluded:
            payload["spare"] = [str(action) for action in claims.terms.liveness_excluded]
        _claims(payload)
        return jwt.encode(payload, self._private, algorithm=ALGORITHM)

    def verify(self, token: str, now_ms: int) -> LaunchClaims:
        """Return a token's claims.

        Args:
            token: As the client sent it; never logged.
            now_ms: Server time.

        Raises:
            NotAllowed: ``token.malformed``, ``token.forged``, ``token.audience`` or ``token.expired``.
        """
        with named_faults("This token is not for a study session.", _HINT):
            claims = _claims(self._payload(token, AUDIENCE, "sub"))
        if now_ms >= claims.expires_ms:
            raise _refused("token.expired", "The launch token has expired.")
        return claims

    def media_ticket(self, claims: LaunchClaims) -> str:
        """Return the ticket with which a launch's player fetches media that we serve ourselves."""
        payload = {
            "jti": claims.token_id,
            "iss": ISSUER,
            "aud": MEDIA_AUDIENCE,
            "exp": claims.expires_ms // 1000,
            "inst": claims.institution_id,
            "lesson": claims.lesson.lesson_id,
            "dur": claims.lesson.duration_ms,
        }
        return jwt.encode(payload, self._private, algorithm=ALGORITHM)

    def verify_media(self, ticket: str, now_ms: int) -> MediaTicket:
        """Return a media ticket's claims.

        Raises:
            NotAllowed: ``token.media`` where it is not ours, not a media ticket, or has expired.
        """
        try:
            payload = self._payload(ticket, MEDIA_AUDIENCE)
        except (jwt.InvalidTokenError, ValueError):
            raise _refused("token.media", "The media ticket is not valid.") from None
        if now_ms >= payload["exp"] * 1000:
            raise _refused("token.media", "The media ticket has expired.")
        return MediaTicket(
            launch=TokenId(payload["jti"]),
            institution_id=InstitutionId(payload["inst"]),
            lesson_id=LessonId(payload["lesson"]),
            duration_ms=payload["dur"],
        )

    def passkey_ticket(self, ticket: PasskeyTicket, expires_ms: int) -> str:
        """Return a ticket for one registration of a passkey."""
        payload = {
            "jti": ticket.ticket_id,
            "iss": ISSUER,
            "aud": PASSKEY_AUDIENCE,
            "exp": expires_ms // 1000,
            "inst": ticket.institution_id,
            "sub": ticket.learner_id,
        }
        return jwt.encode(payload, self._private, algorithm=ALGORITHM)

    def verify_passkey(self, text: str, now_ms: int) -> PasskeyTicket | None:
        """Return a ticket's content; None for a token of another kind, which may be a launch token.

        Raises:
            NotAllowed: ``token.expired``.
        """
        try:
            payload = self._payload(text, PASSKEY_AUDIENCE)
        except (jwt.InvalidTokenError, ValueError):
            return None
        if now_ms >= payload["exp"] * 1000:
            raise _refused("token.expired", "The ticket has expired.")
        return PasskeyTicket(ticket_id=payload["jti"], institution_id=payload["inst"], learner_id=payload["sub"])

    def _payload(self, text: str, audience: str, *fields: str) -> dict[str, Any]:
        return payload_of(text, self._public, audience, *fields)


def payload_of(text: str, public: Ed25519PublicKey, audience: str, *fields: str) -> dict[str, Any]:
    """Return the claims of a token of ours, expired or not.

    Time is the service's clock, not this library's: the caller compares ``exp`` with it.

    Args:
        text: The token.
        public: Our key.
        audience: The kind of token.
        fields: Claims that it must have beside those of every kind.

    Raises:
        jwt.InvalidTokenError, ValueError: It is not ours, of another kind, or cannot be read.
    """
    return jwt.decode(
        text,
        public,
        algorithms=[ALGORITHM],
        audience=audience,
        issuer=ISSUER,
        options={"require": ["exp", "jti", "aud", "iss", *fields], "verify_exp": False},
    )


@contextmanager
def named_faults(other_kind: str, hint: str) -> Iterator[None]:
    """Give each fault of a token that is read inside its code.

    Args:
        other_kind: Message for a token of another kind.
        hint: Says how to get a new one.

    Raises:
        NotAllowed: ``token.audience``, ``token.forged`` or ``token.malformed``.
    """
    try:
        yield
    except (jwt.InvalidAudienceError, jwt.InvalidIssuerError):
        raise NotAllowed("token.audience", other_kind, hint) from None
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        raise NotAllowed("token.forged", "The token's signature is not ours.", hint) from None
    except (jwt.InvalidTokenError, PeerViolation, ValueError):
        raise NotAllowed("token.malformed", "The token cannot be read.", hint) from None


def _refused(code: str, message: str) -> NotAllowed:
    return NotAllowed(code, message, _HINT)


def terms_of(route: str, extra_time_pct: int, liveness_excluded: Sequence[str]) -> Terms:
    """Return checked terms; the range of ``extra_time_pct`` is the token's to check.

    Raises:
        PeerViolation: ``launch.invalid``, naming the field.
    """
    if route not in ROUTES:
        raise PeerViolation("launch.invalid", f"route must be one of {', '.join(ROUTES)}.")
    unknown = sorted(set(liveness_excluded) - set(MOVEMENTS))
    if unknown or set(liveness_excluded) == set(MOVEMENTS):
        raise PeerViolation(
            "launch.invalid", f"liveness_excluded may name some of {', '.join(MOVEMENTS)}, but one must be left."
        )
    excluded = tuple(LivenessAction(each) for each in MOVEMENTS if each in liveness_excluded)
    return Terms(route=Route(route), extra_time_pct=extra_time_pct, liveness_excluded=excluded)


def _claims(payload: dict[str, Any]) -> LaunchClaims:
    try:
        fields = msgspec.convert(payload, _Payload)
    except msgspec.ValidationError as error:
        raise PeerViolation("launch.invalid", f"A launch does not fit: {error}.") from None
    return LaunchClaims(
        token_id=TokenId(check_id(fields.jti, "token_id")),
        institution_id=InstitutionId(check_id(fields.inst, "institution_id")),
        learner_id=LearnerId(check_id(fields.sub, "learner_id")),
        lesson=LessonRef(
            course_id=CourseId(check_id(fields.course, "course_id")),
            lesson_id=LessonId(check_id(fields.lesson, "lesson_id")),
            duration_ms=fields.dur,
            version=check_id(fields.ver, "lesson_version"),
            timeline=check_id(fields.line, "timeline"),
            live_from_ms=fields.live,
        ),
        policy_digest=fields.pol,
        expires_ms=fields.exp * 1000,
        terms=terms_of(fields.route, fields.extra, fields.spare),
        enrol=fields.enrol,
        counts_again=check_counts_again(fields.again),
        category=fields.cat,
        course_version=check_id(fields.cver, "course_version") if fields.cver else "",
        person=fields.who or "",
    )
