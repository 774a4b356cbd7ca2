"""The void of a session names its final leaf and commits to the decision of two people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zaichang.audit.changes.documents import role, says, shape_of
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import LeafKind, RevocationScope, SessionState
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import CaseId, CourseId, InstitutionId, LearnerId, LessonId, ReviewerId, SessionId, TokenId
from zaichang.core.reasons import ReasonCode
from zaichang.evidence.voids import void_leaf, void_opening
from zaichang.ports.records import SessionRow, StoredLeaf
from zaichang.ports.records_review import Revocation
from zaichang.tlog.commit import commitment, salt
from zaichang.tlog.leaf import SessionRef, parse_leaf, session_final
from zaichang.tlog.merkle import leaf_hash

SID, ORIGIN, KEY = SessionId("ab" * 16), "hours.example.org/inst/2026", b"\x01" * 32
OPENED_MS, ENDED_MS = 1_790_000_000_000, 1_790_000_600_000
ROW = SessionRow(
    session_id=SID, institution_id=InstitutionId("inst"), learner_id=LearnerId("l"), course_id=CourseId("c"),
    lesson_id=LessonId("l1"), token_id=TokenId("t"), policy_digest="00", state=SessionState.CLOSED, opened_ms=OPENED_MS,
)  # fmt: skip
END = session_final(
    SessionRef(origin=ORIGIN, sid=SID, seq=2, prev=bytes(32), at_ms=ENDED_MS, began_ms=OPENED_MS),
    segments=1, n_verified=1, n_refused=0, n_undecided=0, verified_ms=1, reason="SESSION_FINISHED", codes_c=bytes(32),
)  # fmt: skip
FINAL = StoredLeaf(leaf_seq=2, kind=LeafKind.FINAL, at_ms=ENDED_MS, body=END, entry_index=7)
DECISION = Revocation(
    revocation_id="r", institution_id=InstitutionId("inst"), learner_id=LearnerId("l"), scope=RevocationScope.VOID,
    session_id=SID, year="", intervals=(), reason=ReasonCode.REVOKED_FRAUD, note="words", case_id=CaseId(""),
    proposed_by=ReviewerId("ren"), proposed_ms=ENDED_MS, decided_by=ReviewerId("sun"), decided_ms=ENDED_MS + 9_000_000,
)  # fmt: skip


def test_the_leaf_and_its_decision_pass_the_checks_of_an_inspector() -> None:
    made = void_leaf(ROW, ORIGIN, [FINAL], DECISION, KEY)
    leaf = KnownLeaf(index=9, data=made.body, hash=leaf_hash(made.body), value=parse_leaf(made.body))
    assert (made.kind, made.leaf_seq, made.at_ms) == (LeafKind.VOID, 3, ENDED_MS + 9_000_000)
    assert (leaf.number("target"), leaf.text("target_hash"), leaf.text("prev")) == (
        7, leaf_hash(END).hex(), leaf_hash(END).hex()
    )  # fmt: skip
    body = void_opening(made, DECISION, KEY)
    assert commitment("ruling", salt(KEY, "ruling", 3), body).hex() == leaf.text("request")
    document = parse_canonical_object(body)
    assert shape_of(document, void=True) == says(leaf, document) == role(document) == []
    assert "words" not in body.decode() and "note_c" in document


@pytest.mark.parametrize("proposer", ["sun", ""])
def test_one_person_voids_nothing(proposer: str) -> None:
    made = void_leaf(ROW, ORIGIN, [FINAL], DECISION, KEY)
    document = parse_canonical_object(void_opening(made, replace(DECISION, proposed_by=ReviewerId(proposer)), KEY))
    assert [each.field for each in role(document)] == ["proposer"]


def test_a_void_is_not_dated_before_the_leaf_that_it_follows() -> None:
    late = replace(FINAL, at_ms=ENDED_MS + 99_000_000)
    assert void_leaf(ROW, ORIGIN, [late], DECISION, KEY).at_ms == late.at_ms
    undated = replace(DECISION, decided_ms=None)
    assert void_leaf(ROW, ORIGIN, [FINAL], undated, KEY).at_ms == ENDED_MS


def test_a_session_whose_end_is_not_in_the_log_waits() -> None:
    for leaves in ([replace(FINAL, entry_index=None)], [replace(FINAL, kind=LeafKind.SEGMENT)]):
        with pytest.raises(NotAllowed, match=r"review\.unsealed"):
            void_leaf(ROW, ORIGIN, leaves, DECISION, KEY)
