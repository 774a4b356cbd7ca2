"""A session's line is made of its openings once, from the bundle that is held against the copy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import Check, Status
from zaichang.audit.findings import Findings
from zaichang.audit.inspection.session_line import Told
from zaichang.audit.inspection.session_part import session_parts
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.reading.bundle_reader import BundleFile
from zaichang.audit.sample.produced import Produced
from zaichang.audit.whole.lesson_lengths import LessonLengths
from zaichang.core.errors import EvidenceError
from zaichang.tlog.trust import Trust, trust_log

SAMPLE = sample_of.sample(others=0)
TRUST = trust_log(sample_of.SIGNER.vkey)
SID = sample_of.SID


def told(data: bytes = SAMPLE.data) -> tuple[Told, BundleFile]:
    file = BundleFile(data)
    (part,) = session_parts(file)
    return Told({SID: part}, LessonLengths(Findings()), TRUST), file


def test_a_session_is_taken_once_and_from_its_own_bundle() -> None:
    kept, file = told()
    other = BundleFile(SAMPLE.data)
    kept.take(other, SID, other.part(SID))
    kept.take(file, "another", file.part(SID))
    assert kept.credited == []
    kept.take(file, SID, file.part(SID))
    kept.take(file, SID, file.part(SID))
    kept.rest()
    assert [each.sid for each in kept.credited] == [SID]
    line = kept.line(SID, Produced(sid=SID), [])
    assert (line.learner, line.lesson, line.minutes, line.counted_ms) == ("learner-7", "l1", "VVFVU", 180_000)
    assert (line.began_ms, line.ended_ms) == (sample_of.AT_MS, sample_of.AT_MS + 18 * 5_000)
    assert (line.result, line.codes, line.witnessed_ms) == ("pass", (), None)


def test_the_result_is_that_of_the_session_s_checks() -> None:
    kept, _ = told()
    kept.rest()
    bad = Check(check="double", status=Status.FAIL, code="E_DOUBLE", sid=SID)
    line = kept.line(SID, Produced(sid=SID), [bad, replace(bad, sid="another", code="E_POLICY")])
    assert (line.result, line.codes) == ("fail", ("E_DOUBLE",))
    assert kept.line(SID, None, []).result == "undecided", "it is not in the copy"


def test_a_session_that_opens_nothing_has_the_dates_of_its_leaves() -> None:
    kept, _ = told(write_bundle(replace(SAMPLE.bundle, openings=(), commitments=(), fields=())))
    kept.rest()
    line = kept.line(SID, None, [])
    assert (line.learner, line.lesson, line.policy) == ("", "", "test None")
    assert line.began_ms % 900_000 == 0 and line.ended_ms == line.began_ms + 900_000


def test_each_checkpoint_of_a_bundle_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle has about as many checkpoints as sessions: opened for each session, a month would take hours."""
    file, opened = BundleFile(SAMPLE.data), list[bytes]()
    (part,) = session_parts(file)
    parts = {sid: replace(part, leaves=tuple(named(leaf, sid) for leaf in part.leaves)) for sid in ("s1", "s2", "s3")}

    def count(self: Trust, note: bytes, origin: str | None = None) -> object:
        opened.append(note)
        raise EvidenceError("E_QUORUM", "no witness")

    monkeypatch.setattr(Trust, "open_checkpoint", count)
    kept = Told(parts, LessonLengths(Findings()), TRUST)
    kept.rest()
    assert [kept.line(sid, None, []).witnessed_ms for sid in parts] == [None] * 3
    assert opened == [SAMPLE.bundle.checkpoint]


def named(leaf: KnownLeaf, sid: str) -> KnownLeaf:
    return replace(leaf, value={**leaf.value, "sid": sid})
