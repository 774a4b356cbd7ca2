"""The session rules as a ``Replayer``: recomputes every minute record from the events and compares field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from zaichang.audit.replay.capture_replay import check_captures
from zaichang.audit.replay.liveness_replay import check_liveness
from zaichang.audit.replay.passkey_replay import check_passkeys
from zaichang.audit.replay.replaying import Divergence, End, ReplayInput
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.session.codec import decode_event, decode_minute, encode_minute
from zaichang.session.decisions import Minute
from zaichang.session.events import Event
from zaichang.session.policy import Policy, policy_from_mapping
from zaichang.session.replay import Replayed, replay

ABSENT = "(none)"


def replay_by_rules(session: ReplayInput) -> Sequence[Divergence]:
    """Return where the recorded minutes differ from the rules' result.

    Raises:
        EvidenceError: ``replay.no_policy``, ``replay.bad_policy``, or the error in the events.
    """
    if session.policy is None:
        raise EvidenceError("replay.no_policy", "The bundle does not hold the session's policy.")
    try:
        policy = policy_from_mapping(parse_canonical_object(session.policy))
    except ConfigError as error:
        raise EvidenceError("replay.bad_policy", f"The policy document cannot be used: {error.message}") from None
    events = [decode_event(parse_canonical_object(body)) for body in session.events]
    minutes = [_minute(body) for body in session.records]
    try:
        result = replay(events, policy)
    except EvidenceError as error:
        if error.code != "replay.illegal_event":
            raise
        # The rules refuse this record. Its accepted part still shows what is missing.
        good = _legal(events, policy)
        legal = replay(events[:good], policy)
        found = [*check_captures(events[:good], legal, minutes), *check_liveness(events[:good], legal, policy)]
        found += check_passkeys(events[:good], legal)
        got = type(events[good]).__name__
        refused = Divergence(
            minute=good, field="event", expected=ABSENT, got=got, code=error.code, message=error.message
        )
        return [refused, *found]
    computed = [encode_minute(minute) for minute in result.minutes]
    recorded = [parse_canonical_object(body) for body in session.records]
    found = []
    for number in range(max(len(computed), len(recorded))):
        ours = computed[number] if number < len(computed) else {}
        theirs = recorded[number] if number < len(recorded) else {}
        for field in sorted({*ours, *theirs}):
            expected, got = _text(ours, field), _text(theirs, field)
            if expected != got:
                found.append(Divergence(minute=number, field=field, expected=expected, got=got))
    found += check_captures(events, result, minutes)
    found += check_liveness(events, result, policy)
    found += check_passkeys(events, result)
    if session.end is not None:
        found += _end(result, session.end)
    return found


def _legal(events: Sequence[Event], policy: Policy) -> int:
    """Return how many events the rules accept, one at least."""
    low, high = 1, len(events)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            replay(events[:middle], policy)
            low = middle
        except EvidenceError:
            high = middle
    return low


def _end(result: Replayed, end: End) -> list[Divergence]:
    """Compare the final leaf's reason and reason counts with the rules' result."""
    message = "The session's final leaf does not say what the rules give."
    counts = Counter(reason.value for minute in result.minutes for reason in minute.reasons)
    reason = ABSENT if result.final is None else result.final.reason.value
    pairs = [("reason", reason, end.reason)]
    pairs += [(f"codes.{code}", str(counts[code]), str(end.codes.get(code, 0))) for code in {*counts, *end.codes}]
    found = [
        Divergence(minute=None, field=field, expected=expected, got=got, message=message)
        for field, expected, got in sorted(pairs)
        if expected != got
    ]
    nonce, beacon = (ABSENT, ABSENT) if result.final is None else (result.final.client_nonce, result.final.beacon)
    message = "The session ran on another schedule than its end reveals."
    found += [
        Divergence(minute=None, field=field, expected=expected, got=got, code="E_SCHED", message=message)
        for field, expected, got in (("sched.r", nonce, end.client_nonce), ("sched.b", beacon, end.beacon))
        if expected != got
    ]
    return found


def _minute(body: bytes) -> Minute | None:
    try:
        return decode_minute(parse_canonical_object(body))
    except EvidenceError:
        return None


def _text(record: Mapping[str, object], field: str) -> str:
    return canonical_bytes({"": record[field]})[4:-1].decode() if field in record else ABSENT
