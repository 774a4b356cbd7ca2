"""Two sessions of one version of a lesson state one length of it."""

from __future__ import annotations

from zaichang.audit.bundle import Bundle, Opening
from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.whole.lesson_lengths import LessonLengths
from zaichang.core.canonical import canonical_bytes


def part(**event: object) -> Bundle:
    body = canonical_bytes({"e": "SessionStarted", "lesson_id": "l", "lesson_version": "1", **event})
    later = Opening(sid="s", kind="event", n=1, salt=b"", payload=canonical_bytes({"lesson_duration_ms": 5}))
    opened = Opening(sid="s", kind="event", n=0, salt=b"", payload=body)
    return Bundle(origin="o", checkpoint=b"", openings=(later, opened))


def found(*parts: Bundle) -> list[tuple[str | None, int | None, str | None, str | None]]:
    findings = Findings()
    lengths = LessonLengths(findings)
    for n, each in enumerate(parts):
        lengths.take(each, KnownLeaf(index=n, data=b"", hash=b"", value={"sid": f"s{n}", "origin": "o"}))
    return [(check.code, check.index, check.expected, check.got) for check in findings.checks]


def test_another_length_of_the_same_version_is_named() -> None:
    one, other = part(lesson_duration_ms=60_000), part(lesson_duration_ms=90_000)
    assert found(one, one, other) == [("E_OPENING", 2, "60000", "90000")]


def test_other_lessons_versions_and_unopened_sessions_pass() -> None:
    one = part(lesson_duration_ms=60_000)
    changed = ({"lesson_id": "m"}, {"lesson_version": "2"}, {"course_version": "2"}, {"institution_id": "i"})
    assert found(one, *(part(lesson_duration_ms=90_000, **change) for change in changed)) == []
    damaged = Bundle(
        origin="o", checkpoint=b"", openings=(Opening(sid="s", kind="event", n=0, salt=b"", payload=b"no"),)
    )
    assert found(one, damaged, Bundle(origin="o", checkpoint=b""), part()) == []
