"""Undecided minutes go to review; a reviewer grants or refuses them with a leaf (I9); a learner appeals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.study import FixedVision, ManualClock, Student, service, token
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import exit_code
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.verify import verify_bundle
from zaichang.core.assessment import FrameAssessment, not_analysed
from zaichang.core.enums import CaseKind, LeafKind, ReviewOutcome
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation
from zaichang.core.reasons import ReasonCode
from zaichang.log.bundles import export_sessions, log_trust, place_of
from zaichang.log.reader import LogReader
from zaichang.main.service import Services
from zaichang.ports.records_cases import Case, CaseDraft, CaseFilter, CaseReason
from zaichang.review.desk import Verdicts
from zaichang.session.playhead import total_ms
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.trust import parse_trust

OWNER = ("inst", "learner")


async def undecided_session(services: Services, clock: ManualClock, vision: FixedVision) -> str:
    """Study for some minutes; from the second on the analysis is overloaded: later minutes go to review."""
    student = Student(services, clock)
    await student.begin(await token(services))
    await student.play(70_000, 10_000)
    good = vision.answer
    vision.answer = lambda _: not_analysed()
    await student.play(150_000, 10_000)
    await student.finish()
    await student.closed()
    vision.answer = good
    return student.session_id


def outbox_lines(services: Services) -> list[dict[str, Any]]:
    return [
        json.loads(line) for path in services.folder.outbox.glob("*.jsonl") for line in path.read_text().splitlines()
    ]


async def the_case(services: Services, state: str = "open") -> Case:
    [case] = await services.store.cases(CaseFilter(institution_id="inst", state=state))
    return case


def checked_offline(data: bytes, trust: bytes) -> int:
    return exit_code(verify_bundle(data, parse_trust(trust), replay_by_rules))


async def test_a_person_grants_what_the_rules_left_open_and_the_log_says_so(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        session_id = await undecided_session(services, clock, vision)
        case = await the_case(services)
        assert (case.kind, case.subject, case.learner_id) == (CaseKind.SESSION, session_id, "learner")
        assert ReasonCode.NOT_ANALYSED in [reason.code for reason in case.reasons]
        left = await services.review.left(session_id)
        before = await services.store.credited("inst", "learner", "course", "lesson")
        assert left and sum(total_ms(part) for part in left.values()) == case.undecided_ms > 60_000

        done = await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))
        assert (done.state, done.outcome, done.closed_by, done.undecided_ms) == (
            "closed",
            ReviewOutcome.GRANT,
            "ren",
            0,
        )
        after = await services.store.credited("inst", "learner", "course", "lesson")
        assert total_ms(after) == total_ms(before) + case.undecided_ms
        assert await services.review.left(session_id) == {}

        leaves = [leaf for leaf in await services.store.leaves(session_id) if leaf.kind == LeafKind.AMEND]
        bodies = [parse_leaf(leaf.body) for leaf in leaves]
        assert len(leaves) == len(left) and all(leaf.entry_index is not None for leaf in leaves)
        assert sum(int(str(body["delta_ms"])) for body in bodies) == case.undecided_ms
        assert {body["verdict"] for body in bodies} == {"V"}
        lines = outbox_lines(services)
        amended = [line for line in lines if line["t"] == "amendment"]
        assert sum(line["delta_ms"] for line in amended) == case.undecided_ms
        assert [entry.action for entry in await services.store.audit("inst", 2**53, 5)] == ["decide.grant"]

        row = await services.store.session(session_id)
        place = place_of(services.log_places, row)
        reader = LogReader(place.published)
        bundle = await export_sessions(services.store, services.ports.vault, reader, [row])
        trust = log_trust(place)
        assert checked_offline(write_bundle(bundle), trust) == 0


async def test_refusing_credits_nothing_and_leaves_the_rest_open(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        session_id = await undecided_session(services, clock, vision)
        case = await the_case(services)
        left = await services.review.left(session_id)
        before = await services.store.credited("inst", "learner", "course", "lesson")
        first, *rest = left
        assert rest
        refusal = Verdicts(outcome=ReviewOutcome.REFUSE, reason=ReasonCode.NOT_SAME_PERSON, minutes=(first,))
        half = await services.review.decide("inst", "ren", case.case_id, refusal)
        assert half.state == "open" and half.undecided_ms == case.undecided_ms - total_ms(left[first])
        assert first not in await services.review.left(session_id)
        assert await services.store.credited("inst", "learner", "course", "lesson") == before
        with pytest.raises(NotAllowed, match=r"review\.decided"):
            await services.review.decide("inst", "ren", case.case_id, refusal)
        await services.review.decide(
            "inst", "li", case.case_id, Verdicts(outcome=ReviewOutcome.REFUSE, reason=ReasonCode.REVIEW_REFUSED)
        )
        assert (await the_case(services, "closed")).closed_by == "li"
        with pytest.raises(NotAllowed, match=r"review\.closed"):
            await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))


async def test_an_appeal_comes_back_to_a_person_and_can_grant_what_was_refused(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        session_id = await undecided_session(services, clock, vision)
        case = await the_case(services)
        refused = Verdicts(outcome=ReviewOutcome.REFUSE, reason=ReasonCode.REVIEW_REFUSED)
        await services.review.decide("inst", "ren", case.case_id, refused)
        minute = next(iter(sorted(each.minute for each in await services.store.amendments(session_id))))

        for hostile in ("我\u200b看", "x\x1b[2J", "a\u2028b"):
            with pytest.raises(PeerViolation, match=r"appeal\.invalid"):
                await services.review.appeal(OWNER, session_id, [minute], hostile)
        await services.review.appeal(OWNER, session_id, [minute], "  我一直在看视频。  ")
        [appeal] = await services.store.appeals(session_id)
        assert b"\xe6" not in appeal.encrypted[:3] and "视频".encode() not in appeal.encrypted
        row = await services.store.session(session_id)
        assert await services.review.words_of(row, appeal) == "我一直在看视频。"
        again = await the_case(services)
        assert again.case_id == case.case_id and ReasonCode.APPEALED in [reason.code for reason in again.reasons]
        with pytest.raises(NotAllowed, match=r"appeal\.open"):
            await services.review.appeal(OWNER, session_id, [minute], "once more")

        left = await services.review.left(session_id)
        assert set(left) == {minute}
        stored = next(each for each in await services.store.minutes(session_id) if each.minute == minute)
        record = json.loads(stored.body)
        assert 0 < total_ms(left[minute]) <= record["to_ms"] - record["from_ms"] + 1_500
        before = total_ms(await services.store.credited("inst", "learner", "course", "lesson"))
        await services.review.decide("inst", "li", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))
        after = total_ms(await services.store.credited("inst", "learner", "course", "lesson"))
        assert after == before + total_ms(left[minute])
        [answered] = await services.store.appeals(session_id)
        assert (answered.outcome, answered.answered_ms) == (ReviewOutcome.GRANT, clock.now_ms())


async def test_an_appeal_may_name_a_minute_that_the_rules_refused(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(70_000, 10_000)
        good = vision.answer
        vision.answer = lambda picture: FrameAssessment(
            width_px=480, height_px=360, faces=(), content=picture.hex()[-16:]
        )
        await student.play(120_000, 10_000)
        await student.finish()
        await student.closed()
        vision.answer = good
        minutes = [json.loads(each.body) for each in await services.store.minutes(student.session_id)]
        lost = [minute["index"] for minute in minutes if minute["verdict"] == "F"]
        assert lost and await services.review.left(student.session_id) == {}
        await services.review.appeal(OWNER, student.session_id, [], "The lamp was broken.")
        left = await services.review.left(student.session_id)
        assert set(left) <= set(lost) and left
        case = await the_case(services)
        await services.review.decide(
            "inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.NOTED, note="explained by phone")
        )
        [appeal] = await services.store.appeals(student.session_id)
        assert appeal.outcome == ReviewOutcome.NOTED and await services.review.left(student.session_id) == {}


async def test_nothing_is_granted_while_the_learner_studies_the_lesson_again(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        await undecided_session(services, clock, vision)
        case = await the_case(services)
        second = Student(services, clock)
        await second.begin(await token(services))
        with pytest.raises(NotAllowed, match=r"review\.session_open"):
            await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))
        assert (await services.store.case(case.case_id)).state == "open"
        await second.finish()
        await second.closed()
        await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))


async def test_what_was_watched_again_and_verified_is_not_granted_twice(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        session_id = await undecided_session(services, clock, vision)
        case = await the_case(services)
        student = Student(services, clock)
        await student.begin(await token(services))
        student.playhead_ms = total_ms(await services.store.credited("inst", "learner", "course", "lesson"))
        await student.play(70_000, 10_000)
        await student.finish()
        await student.closed()
        left_ms = sum(total_ms(part) for part in (await services.review.left(session_id)).values())
        assert 0 < left_ms < case.undecided_ms - 30_000
        await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))
        granted = sum(each.delta_ms for each in await services.store.amendments(session_id))
        assert granted == left_ms


async def test_a_crash_between_the_decision_and_the_log_is_finished_at_the_next_start(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        session_id = await undecided_session(services, clock, vision)
        case = await the_case(services)

        async def dead(*_: object, **__: object) -> None:
            raise RuntimeError("the process died here")

        services.recorder.record = dead  # type: ignore[method-assign]
        with pytest.raises(RuntimeError):
            await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))
        assert any(leaf.entry_index is None for leaf in await services.store.leaves(session_id))
    for _ in range(2):
        async with service(tmp_path, seed="again", clock=clock, vision=vision) as services:
            assert all(leaf.entry_index is not None for leaf in await services.store.leaves(session_id))
            lines = outbox_lines(services)
            amended = [line["leaf"] for line in lines if line["t"] == "amendment"]
            assert sorted(amended) == sorted({each.leaf_seq for each in await services.store.amendments(session_id)})


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Verdicts(outcome=ReviewOutcome.GRANT, reason=ReasonCode.NO_FACE), "review.invalid"),
        (Verdicts(outcome=ReviewOutcome.REFUSE, reason=ReasonCode.REVIEW_GRANTED), "review.invalid"),
        (Verdicts(outcome=ReviewOutcome.NOTED, minutes=(1,)), "review.invalid"),
        (Verdicts(outcome=ReviewOutcome.EXPECTED), "review.invalid"),
        (Verdicts(outcome=ReviewOutcome.GRANT, note="x" * 501), "review.invalid"),
        (Verdicts(outcome=ReviewOutcome.GRANT, note="seen \u202e"), "review.invalid"),
    ],
)
async def test_decisions_that_make_no_sense_are_refused(tmp_path: Path, wanted: Verdicts, code: str) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        await undecided_session(services, clock, vision)
        case = await the_case(services)
        with pytest.raises(PeerViolation, match=code):
            await services.review.decide("inst", "ren", case.case_id, wanted)


async def test_a_case_of_an_account_is_noted_never_granted(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        draft = CaseDraft(
            case_id="c1",
            institution_id="inst",
            kind=CaseKind.ACCOUNT,
            subject="learner",
            learner_id="learner",
            at_ms=1,
            due_ms=2,
            reasons=(CaseReason(code="MANY_DEVICES", n=4),),
        )
        assert await services.store.raise_case(draft)
        with pytest.raises(PeerViolation, match=r"review\.invalid"):
            await services.review.decide("inst", "ren", "c1", Verdicts(outcome=ReviewOutcome.GRANT))
        with pytest.raises(NotFound, match=r"case\.unknown"):
            await services.review.decide("other", "ren", "c1", Verdicts(outcome=ReviewOutcome.NOTED))
        assert (
            await services.review.decide("inst", "ren", "c1", Verdicts(outcome=ReviewOutcome.EXPECTED))
        ).state == "closed"
        assert not await services.store.raise_case(draft), "a decided case stays decided for the same reason"
