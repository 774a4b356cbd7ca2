"""Launch tokens: what they say cannot be changed, and each refusal has its own code."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from zaichang.core.enums import LivenessAction, Route
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.lesson import LessonRef, Terms
from zaichang.launch.tokens import AUDIENCE, MOVEMENTS, LaunchClaims, LaunchTokens, terms_of

KEY = bytes(range(32))
CLAIMS = LaunchClaims(
    token_id="0123456789abcdef",
    institution_id="inst",
    learner_id="p-17",
    lesson=LessonRef(course_id="c1", lesson_id="l1", duration_ms=60_000),
    policy_digest="ab" * 32,
    expires_ms=2_000_000,
    terms=Terms(
        route=Route.CHALLENGE,
        extra_time_pct=50,
        liveness_excluded=(LivenessAction.TURN_LEFT, LivenessAction.BLINK),
    ),
)


def _payload(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    value: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


def test_a_token_says_what_was_put_in() -> None:
    tokens = LaunchTokens(KEY)
    assert tokens.verify(tokens.issue(CLAIMS), 1_999_999) == CLAIMS


def test_an_expired_token_is_refused_to_the_millisecond() -> None:
    tokens = LaunchTokens(KEY)
    with pytest.raises(NotAllowed) as caught:
        tokens.verify(tokens.issue(CLAIMS), 2_000_000)
    assert caught.value.code == "token.expired"


def test_another_keys_token_is_forged() -> None:
    with pytest.raises(NotAllowed) as caught:
        LaunchTokens(KEY).verify(LaunchTokens(bytes(32)).issue(CLAIMS), 0)
    assert caught.value.code == "token.forged"


def test_a_changed_claim_is_forged() -> None:
    head, _, signature = LaunchTokens(KEY).issue(CLAIMS).split(".")
    changed = {**_payload(LaunchTokens(KEY).issue(CLAIMS)), "dur": 10**7}
    body = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()
    with pytest.raises(NotAllowed) as caught:
        LaunchTokens(KEY).verify(f"{head}.{body}.{signature}", 0)
    assert caught.value.code == "token.forged"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_another_algorithm_is_forged(algorithm: str) -> None:
    payload = _payload(LaunchTokens(KEY).issue(CLAIMS))
    token = jwt.encode(payload, None if algorithm == "none" else "x" * 32, algorithm=algorithm)
    with pytest.raises(NotAllowed) as caught:
        LaunchTokens(KEY).verify(token, 0)
    assert caught.value.code == "token.forged"


@pytest.mark.parametrize("change", [{"aud": "other"}, {"iss": "other"}])
def test_a_token_for_something_else_is_refused(change: dict[str, str]) -> None:
    payload = {**_payload(LaunchTokens(KEY).issue(CLAIMS)), **change}
    token = jwt.encode(payload, Ed25519PrivateKey.from_private_bytes(KEY), algorithm="EdDSA")
    with pytest.raises(NotAllowed) as caught:
        LaunchTokens(KEY).verify(token, 0)
    assert caught.value.code == "token.audience"


@pytest.mark.parametrize(
    "change",
    [{"dur": 0}, {"dur": "60000"}, {"route": "none"}, {"extra": 900}, {"surprise": 1}, {"sub": "../x"}, {"pol": "ab"}],
)
def test_a_signed_token_with_a_senseless_claim_is_malformed(change: dict[str, object]) -> None:
    payload = {**_payload(LaunchTokens(KEY).issue(CLAIMS)), **change}
    token = jwt.encode(payload, Ed25519PrivateKey.from_private_bytes(KEY), algorithm="EdDSA")
    with pytest.raises(NotAllowed) as caught:
        LaunchTokens(KEY).verify(token, 0)
    assert caught.value.code == "token.malformed"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ä.ö.ü", "." * 4000])
def test_rubbish_is_malformed(token: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        LaunchTokens(KEY).verify(token, 0)
    assert caught.value.code == "token.malformed"


def test_nothing_senseless_is_signed() -> None:
    terms, lesson = CLAIMS.terms, CLAIMS.lesson
    for change in (
        {"terms": replace(terms, route="x")},
        {"learner_id": "a b"},
        {"lesson": replace(lesson, duration_ms=0)},
        {"lesson": replace(lesson, course_id="a b")},
        {"terms": replace(terms, extra_time_pct=-1)},
        {"terms": replace(terms, liveness_excluded=("stand_up",))},
        {"terms": replace(terms, liveness_excluded=MOVEMENTS)},
    ):
        with pytest.raises(PeerViolation):
            LaunchTokens(KEY).issue(replace(CLAIMS, **change))  # type: ignore[arg-type]


def test_terms_are_checked_before_they_are_anything() -> None:
    assert terms_of("challenge", 50, ["blink", "turn_left"]) == CLAIMS.terms
    for route, excluded in (("x", ()), ("face", ("stand_up",)), ("face", MOVEMENTS)):
        with pytest.raises(PeerViolation) as caught:
            terms_of(route, 0, excluded)
        assert caught.value.code == "launch.invalid"


def test_the_audience_is_part_of_the_token() -> None:
    assert _payload(LaunchTokens(KEY).issue(CLAIMS))["aud"] == AUDIENCE
