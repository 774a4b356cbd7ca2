import json
from dataclasses import replace
from pathlib import Path

import pytest

from support.evidence_bundle import AT_MS, ORIGIN
from zaichang.audit.findings import MAX_FINDINGS
from zaichang.audit.sample.drawing import (
    Announcement,
    Frame,
    check_rates,
    detection_probability,
    draw,
    draw_sample,
    floor_size,
    parse_announcement,
    parse_draw,
    ticket,
)
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog import leaf
from zaichang.tlog.merkle import root_hash

DICE = "20237331128159211123"


def test_published_draws_are_reproduced(shared_vectors: Path) -> None:
    cases = json.loads((shared_vectors / "rivest-consistent-sampler/examples.json").read_text())["cases"]
    assert len(cases) == 4
    for case in cases:
        drawn = draw(case["ids"], case["seed"], case.get("take", len(case["ids"])))
        assert [item for _, item in drawn] == case["order"]
        for (number, _), prefix in zip(drawn, case.get("ticket_prefix", []), strict=False):
            assert number.startswith(prefix)


def test_a_larger_draw_keeps_the_smaller_one() -> None:
    items = [f"i{n}" for n in range(300)]
    assert draw(items, DICE, 50)[:20] == draw(items, DICE, 20)
    assert {item for _, item in draw(items, DICE, 20)} != {item for _, item in draw(items, DICE[:-1] + "4", 20)}
    assert ticket(DICE, "a") == ticket(DICE, "a") != ticket(DICE, "b")


def test_the_floor_and_the_probabilities_are_those_of_the_books() -> None:
    assert [floor_size(share, 9_500) for share in (500, 200, 100)] == [59, 149, 299]
    known = [
        (1000, 10, 60, 0.46),
        (1000, 10, 100, 0.65),
        (1000, 10, 299, 0.97),
        (5000, 50, 300, 0.955),
        (200, 2, 20, 0.19),
    ]
    for population, bad, drawn, expected in known:
        assert detection_probability(population, bad, drawn) == pytest.approx(expected, abs=0.005)
    assert detection_probability(10, 5, 6) == 1.0
    assert detection_probability(10, 0, 6) == detection_probability(10, 5, 0) == 0.0


def start(course: str, number: int) -> bytes:
    ref = leaf.SessionRef(origin=ORIGIN, sid=f"{number:032x}", seq=0, prev=None, at_ms=AT_MS)
    digest = bytes(32)
    return leaf.session_start(ref, policy=digest, course=course, lesson_c=digest, subj_c=digest, sched_c=digest)


def frame_of(projects: int, sessions: int) -> tuple[Frame, Announcement]:
    frame = Frame()
    other = leaf.record(LeafKind.POLICY, ORIGIN, AT_MS, name="session.start", digest=bytes(32))
    entries: list[bytes] = []
    for session in range(sessions):
        for project in range(projects):
            entries += [start(f"course-{project}", session * projects + project), other]
    frame.add([*entries, b'not json but "session.start"'])
    return frame, Announcement(origin=ORIGIN, size=len(frame.hashes), root=root_hash(frame.hashes))


def test_the_frame_is_the_log_s_own_sessions() -> None:
    frame, announcement = frame_of(3, 4)
    assert {name: len(found) for name, found in frame.sessions.items()} == {f"course-{n}": 4 for n in range(3)}
    assert frame.sessions["course-1"][0] == 2
    frame.check(announcement)
    for other in (replace(announcement, size=5), replace(announcement, root=bytes(32))):
        with pytest.raises(EvidenceError) as caught:
            frame.check(other)
        assert caught.value.code == "E_DRAW"


def test_two_stages_with_a_floor() -> None:
    frame, announcement = frame_of(30, 200)
    sample = draw_sample(replace(announcement, project_rate_bp=1_000), frame, DICE)
    assert (len(sample.projects), sample.n_projects) == (3, 30)
    assert {project.drawn for project in sample.projects} == {149}
    assert all(project.detection > 0.99 for project in sample.projects)
    assert len({item.index for item in sample.sessions}) == len(sample.sessions) == 3 * 149
    for item in sample.sessions:
        assert item.index in frame.sessions[item.project]
    whole = draw_sample(replace(announcement, session_rate_bp=9_000), frame, DICE)
    assert {project.drawn for project in whole.projects} == {180}
    few = draw_sample(frame_of(2, 5)[1], frame_of(2, 5)[0], DICE)
    assert [(p.drawn, p.detection) for p in few.projects] == [(5, 1.0)]


def test_a_draw_can_be_read_and_made_again_and_one_digit_changes_it() -> None:
    frame, announcement = frame_of(30, 5)
    sample = draw_sample(announcement, frame, DICE)
    read, seed, value = parse_draw(canonical_bytes(sample.as_value()))
    assert (read, seed) == (announcement, DICE)
    assert draw_sample(read, frame, seed).as_value() == value == sample.as_value()
    assert draw_sample(read, frame, DICE[:-1] + "4").sessions != sample.sessions


@pytest.mark.parametrize("seed", ["", "123", "x" * 20, "1" * 19, "１" * 20])
def test_a_seed_that_is_no_public_dice_is_refused(seed: str) -> None:
    frame, announcement = frame_of(2, 2)
    with pytest.raises(EvidenceError) as caught:
        draw_sample(announcement, frame, seed)
    assert caught.value.code == "E_DRAW"


@pytest.mark.parametrize(
    "change",
    [
        {"project_rate_bp": 599},
        {"project_rate_bp": 1001},
        {"session_rate_bp": 0},
        {"floor_share_bp": 10_000},
        {"confidence_bp": 10_000},
        {"at_ms": 2, "draw_ms": 1},
    ],
)
def test_rates_outside_the_rules_are_refused(change: dict[str, int]) -> None:
    announcement = replace(frame_of(2, 2)[1], **change)
    with pytest.raises(EvidenceError):
        check_rates(announcement)
    with pytest.raises(EvidenceError):
        parse_announcement(announcement.text())


def test_announcements_survive_being_written_and_read() -> None:
    _, announcement = frame_of(2, 2)
    text = announcement.text()
    assert parse_announcement(text) == announcement
    for bad in (
        b"",
        text[:-1],
        b"x" + text,
        text.replace(b'"size"', b'"sise"'),
        text.replace(b'"root":"', b'"root":"zz'),
    ):
        with pytest.raises(EvidenceError):
            parse_announcement(bad)
    with pytest.raises(EvidenceError):
        parse_draw(b"{}")


def published(course: str, filing: str = "2026/1", **changes: str) -> bytes:
    days = {"published": "2026-01-05", "from_day": "2026-02-01", "to_day": "2026-11-30", **changes}
    return leaf.record(LeafKind.PROJECT, ORIGIN, AT_MS, course=course, filing=filing, **days)


def announced(*entries: bytes, **more: object) -> tuple[Frame, Announcement]:
    frame = Frame()
    frame.add(entries)
    size, root = len(frame.hashes), root_hash(frame.hashes)
    return frame, Announcement(origin=ORIGIN, size=size, root=root, published=True, project_rate_bp=1_000, **more)  # type: ignore[arg-type]


def test_a_published_project_without_a_session_can_be_drawn() -> None:
    frame, announcement = announced(*[published(f"empty-{n}", f"2026/{n}") for n in range(10)], start("studied", 1))
    drawn = {
        project.project: project
        for digit in range(10)
        for project in draw_sample(announcement, frame, DICE[:-1] + str(digit)).projects
    }
    assert len(drawn) > 1 and all(name.startswith("empty-") or name == "studied" for name in drawn)
    empty = next(project for name, project in drawn.items() if name.startswith("empty-"))
    assert (empty.sessions, empty.drawn, empty.detection) == (0, 0, 0)
    assert empty.published is not None and empty.published.filing == "2026/" + empty.project[-1]
    assert draw_sample(announcement, frame, DICE).n_projects == 11


def test_a_course_that_is_not_published_is_drawn_like_the_others_and_named() -> None:
    frame, announcement = announced(published("known"), start("known", 1), start("hidden", 2))
    sample = draw_sample(announcement, frame, DICE)
    assert (sample.n_projects, sample.unpublished) == (2, ("hidden",))
    assert sample.as_value()["unpublished"] == ["hidden"]
    plain = draw_sample(replace(announcement, published=False), frame, DICE)
    assert plain.unpublished == () and "unpublished" not in plain.as_value()
    assert all("published" not in project for project in plain.as_value()["projects"])  # type: ignore[attr-defined]


def test_the_last_entry_of_a_project_holds_and_one_after_the_freeze_is_not_in_the_frame() -> None:
    frame, announcement = announced(published("c", "2026/1"), published("c", "2026/2", to_day="2026-12-31"))
    [project] = draw_sample(announcement, frame, DICE).projects
    assert project.published is not None
    assert (project.published.filing, project.published.to_day, project.published.index) == ("2026/2", "2026-12-31", 1)
    frame.add([published("late")])
    with pytest.raises(EvidenceError, match="not the log that was frozen"):
        draw_sample(announcement, frame, DICE)


def test_the_announcement_says_which_frame_it_draws_from() -> None:
    _, announcement = announced(published("c"))
    assert announcement.text().startswith(b"zaichang-sample-announcement@v2\n")
    assert parse_announcement(announcement.text()) == announcement
    before = replace(announcement, published=False)
    assert before.text().startswith(b"zaichang-sample-announcement@v1\n")
    assert parse_announcement(before.text()) == before
    with pytest.raises(EvidenceError, match="This is no"):
        parse_announcement(before.text().replace(b"@v1", b"@v3"))


def test_a_project_is_read_however_many_entries_are_broken() -> None:
    frame = Frame()
    frame.add([*[b"broken"] * (MAX_FINDINGS + 5), published("c"), b'{"t":"project"}', b'"t":"project"'])
    assert set(frame.projects) == {"c"} and len(frame.bad) == MAX_FINDINGS
