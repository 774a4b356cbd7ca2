"""Ended sessions move to disk and come back as they were."""

from __future__ import annotations

from zaichang.audit.whole.ended_sessions import Ended, EndedSessions


def ended(n: int) -> Ended:
    return Ended(seq=n, digest=bytes([n]) * 32, at_ms=n, started_ms=n, start=n, final=n, counted_ms=-n)


def test_states_survive_the_disk() -> None:
    kept = EndedSessions(in_memory=3)
    for n in range(10):
        assert kept.add(f"s{n}", ended(n)) == []
    assert [kept.get(f"s{n}") for n in range(10)] == [ended(n) for n in range(10)]
    assert kept.get("other") is None
    assert (kept.recent("s9"), kept.recent("s0")) == (True, False)
    for n in range(8):
        kept.change(f"s{n}", Ended(**{**{k: getattr(ended(n), k) for k in Ended.__slots__}, "voided": True}))
    assert all(found is not None and found.voided for found in (kept.get(f"s{n}") for n in range(8)))
    assert kept.close() == []


def test_twins_are_found_when_they_meet_on_disk() -> None:
    kept = EndedSessions(in_memory=1)
    found = [sid for n in range(4) for sid in kept.add("twin" if n % 2 else f"s{n}", ended(n))]
    assert found + kept.close() == ["twin"]
    assert EndedSessions().close() == []
