"""One face behind several accounts and several behind one open a review case; nothing else happens."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np

from support.stores import erase_all
from support.study import FixedVision, ManualClock, Student, good_frame, service, token
from zaichang.api.hours.statement_view import StatementReader
from zaichang.biometric.template import Template
from zaichang.core.enums import CaseKind, ReviewOutcome, RevocationScope
from zaichang.core.frames import PhotoResult
from zaichang.core.reasons import ReasonCode
from zaichang.hours.feed import HourFeed
from zaichang.launch.statement_tokens import StatementTicket
from zaichang.main.service import Services, create_service_app
from zaichang.ports.records_cases import CaseFilter
from zaichang.review.revocations import Wanted

EMBEDDER = "ab" * 8


class Faces(FixedVision):
    """Every picture shows the person whom its first letter after the marker names."""

    def __init__(self) -> None:
        super().__init__()
        self.enrolled = 0
        self.broken = False

    async def enrol(self, image: bytes) -> PhotoResult:
        self.enrolled += 1
        if self.broken:
            return await super().enrol(image)
        who = image.rpartition(b"face:")[2][:1] or b"z"
        clean = np.random.default_rng(who[0]).normal(size=128)
        noise = np.random.default_rng(self.enrolled).normal(size=128)
        vector = clean / np.linalg.norm(clean) + 0.25 * noise / np.linalg.norm(noise)
        template = Template(embedder=EMBEDDER, vectors=(vector / np.linalg.norm(vector))[None].astype(np.float32))
        return PhotoResult(
            template=template.encode(), quality_bp=9_000, reasons=(), assessment=good_frame(image), thresholds="t"
        )


class Shown(Student):
    """A student in front of whose camera the people of ``faces`` sit, in turn."""

    faces = "a"

    def take(self, order: Any, picture: bytes = b"") -> None:
        face = self.faces[self.pictures % len(self.faces)]
        super().take(order, b"\xff\xd8\xff" + f"{self.session_id}{self.pictures} face:{face}".encode())


async def enrol(services: Services, learner: str, face: str) -> None:
    await services.enrolling.from_photos("inst", learner, [f"face:{face}".encode()])


async def reasons(services: Services) -> dict[str, set[tuple[str, str]]]:
    assert services.face_search is not None
    looking = asyncio.create_task(services.face_search.run())
    await services.face_search.settle()
    looking.cancel()
    found = await services.store.cases(CaseFilter(institution_id="inst", kind=CaseKind.ACCOUNT))
    return {case.learner_id: {(reason.code, reason.other) for reason in case.reasons} for case in found}


async def study(services: Services, clock: ManualClock, learner: str, faces: str) -> None:
    student = Shown(services, clock)
    student.faces = faces
    await student.begin(await token(services, learner))
    await student.play(100_000, 10_000)
    await student.finish()
    await student.closed()


async def test_a_second_account_of_the_same_face_is_found_at_enrolment(tmp_path: Path) -> None:
    async with service(tmp_path, vision=Faces()) as services:
        await enrol(services, "p1", "a")
        await enrol(services, "p2", "b")
        await enrol(services, "p3", "a")
        found = await reasons(services)
        assert (ReasonCode.FACE_OF_ANOTHER_ACCOUNT, "p1") in found["p3"] and "p2" not in found
        # Enrolling again is not another account.
        await enrol(services, "p2", "b")
        assert "p2" not in await reasons(services)
        # Erased: out of the other's case, and never found again.
        await erase_all(services.store, "inst", "p1", "erased-1", 1)
        await erase_all(services.store, "inst", "p3", "erased-2", 1)
        assert await reasons(services) == {}


async def test_a_session_s_captures_are_searched_and_grouped(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=Faces()) as services:
        await enrol(services, "honest", "a")
        await enrol(services, "proxy", "p")
        await enrol(services, "client", "c")
        await study(services, clock, "honest", "a")
        await study(services, clock, "client", "cp")
        found = await reasons(services)
        assert "honest" not in found
        assert found["client"] == {
            (ReasonCode.FACE_OF_ANOTHER_ACCOUNT, "proxy"),
            (ReasonCode.SEVERAL_FACES, ""),
        }


async def test_a_reference_that_another_process_stored_is_found(tmp_path: Path) -> None:
    async with service(tmp_path, vision=Faces()) as services:
        await enrol(services, "p1", "a")
        assert await reasons(services) == {}
        # Only the store tells of p3: the queue of this process does not.
        services.enrolling.on_enrolled.clear()
        await enrol(services, "p3", "a")
        assert services.face_search is not None
        services.face_search.enrolled("inst", "p1")
        assert (await reasons(services))["p1"] == {(ReasonCode.FACE_OF_ANOTHER_ACCOUNT, "p3")}


async def test_another_institution_s_faces_are_never_looked_at(tmp_path: Path) -> None:
    async with service(tmp_path, vision=Faces()) as services:
        await services.institutions.add("other", "另", "Other")
        await services.enrolling.from_photos("other", "x", [b"face:a"])
        await enrol(services, "p1", "a")
        assert await reasons(services) == {}


async def test_it_can_be_switched_off(tmp_path: Path) -> None:
    vision = Faces()
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=vision, face_search=False) as services:
        await enrol(services, "p1", "a")
        await enrol(services, "p3", "a")
        before = vision.enrolled
        await study(services, clock, "p1", "a")
        assert services.face_search is None and vision.enrolled == before
        assert await services.store.cases(CaseFilter(institution_id="inst", kind=CaseKind.ACCOUNT)) == []


async def test_what_cannot_be_read_is_left_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    vision = Faces()
    async with service(tmp_path, vision=vision) as services:
        vision.broken = True
        await enrol(services, "broken", "a")
        vision.broken = False
        await enrol(services, "p1", "a")
        await enrol(services, "p2", "a")
        assert set(await reasons(services)) == {"p1", "p2"}


async def test_what_the_search_found_ends_in_a_revocation_and_stands_on_the_learners_statement(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, vision=Faces()) as services:
        await enrol(services, "proxy", "p")
        await enrol(services, "client", "c")
        await study(services, clock, "client", "cp")
        await reasons(services)
        [case] = [
            each
            for each in await services.store.cases(CaseFilter(institution_id="inst", kind=CaseKind.ACCOUNT))
            if each.learner_id == "client"
        ]
        assert any(reason.other == "proxy" for reason in case.reasons), "the search itself raised it"
        [row] = await services.store.sessions_page("inst", "client", (2**53 - 1, "~"), 9)
        before_ms = await credited_ms(services)
        assert before_ms > 0
        wanted = Wanted(
            scope=RevocationScope.SESSION, reason=ReasonCode.REVOKED_PROXY, session_id=row.session_id,
            case_id=case.case_id,
        )  # fmt: skip
        proposed = await services.revocations.propose("inst", "ren", wanted)
        done = await services.revocations.confirm("inst", "sun", proposed.revocation_id)
        assert (done.revoked_ms, await credited_ms(services)) == (before_ms, 0)
        closed = await services.store.case(case.case_id)
        assert (closed.state, closed.outcome, closed.closed_by) == ("closed", ReviewOutcome.REVOKE, "sun")

        await services.hub.settle()
        await HourFeed(services.store).feed()
        ticket = StatementTicket(ticket_id="t", institution_id="inst", learner_id="client", rules="cq-pharmacist-2025")
        found = await StatementReader(create_service_app(services).state.parts, ticket).answer(None)
        [session] = found.sessions
        assert (session.revoked_ms, found.sums[0].have) == (before_ms, "0")
        assert "REVOKED_PROXY" in {reason.code for reason in session.reasons}
        # Its seconds are free: the learner studies the lesson alone, and it counts.
        clock.at_ms += 86_400_000
        await study(services, clock, "client", "c")
        assert await credited_ms(services) > 0


async def credited_ms(services: Services) -> int:
    return sum(high - low for low, high in await services.store.credited("inst", "client", "course", "lesson"))
