"""One face in two running sessions: the overlap waits for a reviewer, and the store alone says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.study import POLICY, FixedVision, ManualClock, Student, good_frame, service, token
from zaichang.biometric.template import Template
from zaichang.core.assessment import FrameAssessment
from zaichang.core.enums import CaseKind, ErasureScope, ReviewOutcome
from zaichang.core.errors import NotAllowed
from zaichang.core.frames import PhotoResult
from zaichang.core.reasons import ReasonCode
from zaichang.live.same_face import RUNNING_MS, alike, studies_elsewhere
from zaichang.main.service import Services
from zaichang.ports.records_cases import CaseClosing, CaseDraft, CaseFilter, CaseReason
from zaichang.protocol import messages as m
from zaichang.review.desk import Verdicts
from zaichang.review.erasure_desk import ErasureWanted

EMBEDDER = "ab" * 8
CODE = ReasonCode.FACE_IN_TWO_SESSIONS


class Faces(FixedVision):
    """A photo is a face: the same first letter after the marker is the same person. A living head moves."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = self.moving

    def moving(self, image: bytes) -> FrameAssessment:
        shown = good_frame(image)
        left = len(self.seen) * 17 % 100
        return replace(shown, faces=(replace(shown.faces[0], box_px=(left, 80, 200, 240)),))

    async def enrol(self, image: bytes) -> PhotoResult:
        vector = np.random.default_rng(image.rpartition(b"face:")[2][0]).normal(size=128)
        template = Template(embedder=EMBEDDER, vectors=(vector / np.linalg.norm(vector))[None].astype(np.float32))
        return PhotoResult(
            template=template.encode(), quality_bp=9_000, reasons=(), assessment=good_frame(image), thresholds="t"
        )


async def enrol(services: Services, **faces: str) -> None:
    for learner, face in faces.items():
        await services.enrolling.from_photos("inst", learner, [f"face:{face}".encode()])
    await searched(services)


async def searched(services: Services) -> None:
    assert services.face_search is not None
    looking = asyncio.create_task(services.face_search.run())
    await services.face_search.settle()
    looking.cancel()


class Page(Student):
    """A page that reports and waits for the answer."""

    async def ack(self) -> None:
        self.beat()
        await self.expect(m.Ack)


async def together(services: Services, clock: ManualClock, *students: Page) -> None:
    """Play 150 s in all pages at the same time."""
    for _ in range(15):
        for student in students:
            student.playhead_ms += 10_000
        clock.at_ms += 10_000
        for student in students:
            await student.ack()
        await services.hub.settle()


async def ended(services: Services, student: Student, institution: str = "inst") -> dict[str, Any]:
    """End the session; return its undecided time and the reasons in its case."""
    await student.finish()
    await student.closed()
    await services.hub.settle()
    cases = await services.store.cases(CaseFilter(institution_id=institution, kind=CaseKind.SESSION))
    mine = [case for case in cases if case.subject == student.session_id]
    return {"undecided_ms": sum(c.undecided_ms for c in mine), "codes": {r.code for c in mine for r in c.reasons}}


async def two(services: Services, clock: ManualClock, first: str, second: str) -> list[dict[str, Any]]:
    pages = [Page(services, clock), Page(services, clock)]
    for page, learner in zip(pages, (first, second), strict=True):
        await page.begin(await token(services, learner))
    for page in pages:
        await page.ack()
    await together(services, clock, *pages)
    return [await ended(services, page) for page in pages]


async def test_two_accounts_of_one_face_leave_their_overlap_to_a_reviewer(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=Faces()) as services:
        await enrol(services, p1="a", p2="b", p3="a")
        found = await two(services, clock, "p1", "p3")
        assert all(each["undecided_ms"] > 60_000 and CODE in each["codes"] for each in found), found
        found = await two(services, clock, "p1", "p2")
        assert [each["undecided_ms"] for each in found] == [0, 0], "another face is not held"


async def test_twins_whom_a_reviewer_knows_study_at_the_same_time(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=Faces()) as services:
        await enrol(services, p1="a", p3="a")
        case, *_ = await services.store.cases(CaseFilter(institution_id="inst", kind=CaseKind.ACCOUNT))
        await services.store.close_case(
            CaseClosing(
                case_id=case.case_id, outcome=ReviewOutcome.EXPECTED, at_ms=1, reviewer_id="r", note="", left_ms=0,
            )
        )  # fmt: skip
        assert [each["undecided_ms"] for each in await two(services, clock, "p1", "p3")] == [0, 0]


async def test_a_session_that_stopped_reporting_and_a_face_once_seen_beside_count_for_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=Faces()) as services:
        await enrol(services, p1="a", p2="b", p3="a")
        await services.store.raise_case(
            CaseDraft(
                case_id="c" * 16, institution_id="inst", kind=CaseKind.ACCOUNT, subject="p2", learner_id="p2",
                at_ms=1, due_ms=2, reasons=(CaseReason(code=ReasonCode.FACE_OF_ANOTHER_ACCOUNT, other="p3"),),
            )
        )  # fmt: skip
        pages = {learner: Page(services, clock) for learner in ("p1", "p2", "p3")}
        for learner, page in pages.items():
            await page.begin(await token(services, learner))
        template = (await Faces().enrol(b"face:a")).template
        ports, p1, p3 = services.session_ports, pages["p1"].session_id, pages["p3"].session_id
        assert await ports.captures.running_alike(p3, 0) == [("inst", "p1"), ("inst", "p2")]
        assert await studies_elsewhere(ports, p3, template, clock.at_ms)
        assert not await studies_elsewhere(ports, p3, None, clock.at_ms), "without a reference nothing is compared"
        # The face decides, not the case that names another account.
        assert not await studies_elsewhere(ports, pages["p2"].session_id, (await Faces().enrol(b"face:b")).template, 0)
        later_ms = clock.at_ms + RUNNING_MS + 1
        assert not await studies_elsewhere(ports, p1, template, later_ms), "the other page is silent"


async def test_the_session_s_start_searches_again_what_a_stop_had_lost(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=Faces()) as services:
        for learner in ("p1", "p3"):
            await services.enrolling.from_photos("inst", learner, [b"face:a"])
    async with service(tmp_path, seed="again", clock=clock, vision=Faces(), enrol_first=False) as services:
        assert await services.store.cases(CaseFilter(institution_id="inst", kind=CaseKind.ACCOUNT)) == []
        await Page(services, clock).begin(await token(services, "p3"))
        await searched(services)
        [case] = await services.store.cases(CaseFilter(institution_id="inst", kind=CaseKind.ACCOUNT))
        assert [(reason.code, reason.other) for reason in case.reasons] == [("FACE_OF_ANOTHER_ACCOUNT", "p1")]


async def test_references_of_two_embedders_are_never_compared() -> None:
    one = Template(embedder=EMBEDDER, vectors=np.eye(1, 4, dtype=np.float32))
    assert alike(one, Template(embedder=EMBEDDER, vectors=np.eye(1, 4, dtype=np.float32)))
    assert not alike(one, Template(embedder="cd" * 8, vectors=np.eye(1, 4, dtype=np.float32)))


TWO = "two"


async def across(services: Services, **faces: str) -> None:
    """Enrol p1 in the first institution and p9 in the second."""
    await services.institutions.add(TWO, "乙", "Second")
    await services.lessons.add(
        TWO, "course", "lesson", title_zh="课", title_en="Lesson", duration_ms=1_800_000, policy=POLICY
    )
    await services.enrolling.from_photos("inst", "p1", [f"face:{faces['p1']}".encode()])
    await services.enrolling.from_photos(TWO, "p9", [f"face:{faces['p9']}".encode()])
    await searched(services)


async def two_institutions(services: Services, clock: ManualClock) -> list[dict[str, Any]]:
    pages = [Page(services, clock), Page(services, clock)]
    await pages[0].begin(await token(services, "p1"))
    await pages[1].begin(await services.launches.issue(TWO, "p9", "course", "lesson"))
    for page in pages:
        await page.ack()
    await together(services, clock, *pages)
    found = [await ended(services, page, name) for page, name in zip(pages, ("inst", TWO), strict=True)]
    await searched(services)
    return found


async def test_one_face_in_two_institutions_cannot_keep_both_credits(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=Faces(), face_search_across=True) as services:
        await across(services, p1="a", p9="a")
        assert await services.store.cases(CaseFilter(institution_id="inst", kind=CaseKind.ACCOUNT)) == [], (
            "studying in two institutions is no case"
        )
        found = await two_institutions(services, clock)
        assert all(each["undecided_ms"] > 60_000 and CODE in each["codes"] for each in found), found
        review, store = services.review, services.store
        cases = [
            (await store.cases(CaseFilter(institution_id=name, kind=CaseKind.SESSION)))[0] for name in ("inst", TWO)
        ]
        grant = Verdicts(outcome=ReviewOutcome.GRANT)
        await review.decide("inst", "ren", cases[0].case_id, grant)
        with pytest.raises(NotAllowed, match=r"review\.elsewhere"):
            await review.decide(TWO, "sun", cases[1].case_id, grant)
        for name in ("inst", TWO):
            with pytest.raises(NotAllowed, match=r"review\.elsewhere"):
                await review.decide(TWO, "sun", cases[1].case_id, grant)
            [case] = await store.cases(CaseFilter(institution_id=name, kind=CaseKind.ACCOUNT))
            assert ("FACE_OF_ANOTHER_ACCOUNT", "elsewhere") in {(each.code, each.other) for each in case.reasons}
            await review.decide(name, "ren", case.case_id, Verdicts(outcome=ReviewOutcome.EXPECTED))
        decided = await review.decide(TWO, "sun", cases[1].case_id, grant)
        assert decided.state == "closed", "both institutions called the likeness expected: two people"


async def test_institutions_are_compared_only_where_the_setting_says_so(tmp_path: Path) -> None:
    for number, (setting, face) in enumerate(((False, "a"), (True, "b"))):
        clock = ManualClock()
        folder = tmp_path / str(number)
        async with service(folder, clock=clock, vision=Faces(), face_search_across=setting) as services:
            await across(services, p1="a", p9=face)
            assert [each["undecided_ms"] for each in await two_institutions(services, clock)] == [0, 0]


async def test_an_erasure_of_biometrics_forgets_the_likeness(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=Faces(), face_search_across=True) as services:
        await across(services, p1="a", p9="a")
        pages = [Page(services, clock), Page(services, clock)]
        await pages[0].begin(await token(services, "p1"))
        await pages[1].begin(await services.launches.issue(TWO, "p9", "course", "lesson"))
        captures = services.session_ports.captures
        assert await captures.running_alike(pages[0].session_id, 0) == [(TWO, "p9")]
        await ended(services, pages[1], TWO)
        desk = services.erasures
        made = await desk.propose(
            TWO, "ren", ErasureWanted(learner_id="p9", scope=ErasureScope.BIOMETRICS, basis="pipl-15")
        )
        await desk.confirm(TWO, "sun", made.erasure_id)
        await Page(services, clock).begin(await services.launches.issue(TWO, "p9", "course", "lesson"))
        assert await captures.running_alike(pages[0].session_id, 0) == []
