"""A session's lesson: shown before version 3, opened since, and the one that the session ran on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import FieldOpening
from zaichang.audit.check import Check, Status
from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.openings.lesson_opening import NamedLesson, check_named_lesson, lesson_of, opened_lesson
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.tlog.trust import trust_log

SAMPLE = sample_of.sample()
OPENED = parse_canonical_object(sample_of.LESSON)
START = KnownLeaf(index=0, data=b"", hash=b"", value=json.loads(SAMPLE.leaves[0]))
SHOWN = KnownLeaf(index=0, data=b"", hash=b"", value={"course": "c", "lesson": "l", "timeline": "1"})
EVENT = {"course_id": "pharmacy-2026", "lesson_id": "l1", "lesson_version": "1", "timeline": "1"}


def found(event: dict[str, str], *, opened: bool = True) -> list[Check]:
    findings = Findings()
    check_named_lesson(START, OPENED if opened else None, canonical_bytes(event), findings)
    return findings.checks


def test_a_lesson_is_shown_or_opened() -> None:
    assert lesson_of(SHOWN, None) == NamedLesson(lesson="l", timeline="1")
    assert lesson_of(START, None) is None
    assert lesson_of(START, OPENED) == NamedLesson(lesson="l1", version="1", timeline="1")
    (field,) = (each for each in SAMPLE.bundle.fields if each.field == "lesson_c")
    assert opened_lesson(SAMPLE.bundle.fields, sample_of.SID) == OPENED
    assert opened_lesson([replace(field, payload=b"no")], sample_of.SID) is None
    assert opened_lesson([], sample_of.SID) is None


def test_a_session_that_ran_on_the_lesson_that_its_start_commits_to_passes() -> None:
    assert found(EVENT) == [] == found({})
    findings = Findings()
    check_named_lesson(START, OPENED, b"no", findings)
    check_named_lesson(START, None, None, findings)
    assert findings.checks == []


@pytest.mark.parametrize("field", sorted(EVENT))
def test_a_start_that_commits_to_another_lesson_than_the_session_ran_on_is_found(field: str) -> None:
    """With every key in hand: the lesson is studied once, and committed to under a second name."""
    assert [(check.code, check.field) for check in found({**EVENT, field: "another"})] == [("E_OPENING", field)]


def test_a_lesson_that_is_not_opened_is_no_pass() -> None:
    (check,) = found(EVENT, opened=False)
    assert (check.status, check.code, check.field) == (Status.UNDECIDED, "E_OPENING", "lesson_c")


@pytest.mark.parametrize("left_out", ["timeline", "lesson_v"])
def test_a_lesson_without_one_of_its_parts_is_no_opening(left_out: str) -> None:
    """Else one lesson would have two names, and its media would be credited twice."""
    part = canonical_bytes({name: each for name, each in OPENED.items() if name != left_out})
    fields = tuple(
        replace(each, payload=part) if isinstance(each, FieldOpening) and each.field == "lesson_c" else each
        for each in SAMPLE.bundle.fields
    )
    data = replace(SAMPLE, bundle=replace(SAMPLE.bundle, fields=fields)).data
    bad = [check for check in verify_bundle(data, trust_log(sample_of.SIGNER.vkey)) if check.status is Status.FAIL]
    assert [(check.code, check.field) for check in bad] == [("E_OPENING", "lesson_c")]
