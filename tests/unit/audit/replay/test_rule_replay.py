"""Replaying a session's record by the rules: its verdicts and its end."""

from dataclasses import replace

from zaichang.audit.replay.replaying import Divergence, End, ReplayInput
from zaichang.audit.replay.rule_replay import replay_by_rules


def codes(found: list[Divergence]) -> set[str]:
    return {divergence.code for divergence in found}


def test_an_honest_record_agrees_with_the_rules(honest: ReplayInput) -> None:
    assert list(replay_by_rules(honest)) == []
    assert any(b"CaptureAssessed" in body for body in honest.events), "there are captures to speak of"


def test_the_end_is_replayed_too(honest: ReplayInput) -> None:
    assert honest.end is not None
    found = list(replay_by_rules(replace(honest, end=End(reason="SUPERSEDED", codes={"NO_FACE": 3}))))
    assert {(d.field, d.minute) for d in found} >= {("reason", None), ("codes.NO_FACE", None)}
    assert codes(found) == {"E_MINUTES", "E_SCHED"}
    assert [(d.code, d.expected, d.got) for d in found if d.field == "sched.r"] == [
        ("E_SCHED", honest.end.client_nonce, "")
    ]
    found = list(replay_by_rules(replace(honest, end=replace(honest.end, beacon="ab" * 32))))
    assert [(d.code, d.field, d.expected) for d in found] == [("E_SCHED", "sched.b", "")]
