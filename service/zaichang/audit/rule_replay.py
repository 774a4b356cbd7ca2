"""The session rules as a ``Replayer``: recomputes every minute record from the events and compares field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zaichang.audit.replaying import Divergence, ReplayInput
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.session.codec import decode_event, encode_minute
from zaichang.session.policy import policy_from_mapping
from zaichang.session.replay import replay

ABSENT = "(none)"


def replay_by_rules(session: ReplayInput) -> Sequence[Divergence]:
    """Return where the recorded minutes differ from what the rules give.

    Raises:
        EvidenceError: ``replay.no_policy``, ``replay.bad_policy``, or whatever is wrong with the events.
    """
    if session.policy is None:
        raise EvidenceError("replay.no_policy", "The bundle does not hold the session's policy.")
    try:
        policy = policy_from_mapping(parse_canonical_object(session.policy))
    except ConfigError as error:
        raise EvidenceError("replay.bad_policy", f"The policy document cannot be used: {error.message}") from None
    result = replay((decode_event(parse_canonical_object(body)) for body in session.events), policy)
    computed = [encode_minute(minute) for minute in result.minutes]
    recorded = [parse_canonical_object(body) for body in session.records]
    found: list[Divergence] = []
    for number in range(max(len(computed), len(recorded))):
        ours = computed[number] if number < len(computed) else {}
        theirs = recorded[number] if number < len(recorded) else {}
        for field in sorted({*ours, *theirs}):
            expected, got = _text(ours, field), _text(theirs, field)
            if expected != got:
                found.append(Divergence(minute=number, field=field, expected=expected, got=got))
    return found


def _text(record: Mapping[str, object], field: str) -> str:
    return canonical_bytes({"": record[field]})[4:-1].decode() if field in record else ABSENT
