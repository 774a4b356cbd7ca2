"""Imports: faulty rows come back, the rest is handed in once, signed results count at once, batches are decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.activities import HOSPITAL, LEARNER, PLATFORM, REN, SUN, Office, office
from zaichang.core.errors import NotAllowed, PeerViolation, ZaichangError
from zaichang.hours.activities.reading import NEWEST
from zaichang.hours.feed import HourFeed
from zaichang.hours.packs import load_rules
from zaichang.hours.stored import stored_facts
from zaichang.ledger.activities.stages import Stage, State
from zaichang.ledger.count import count
from zaichang.ports.hours.activities import ActivityFilter
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.note import sign_note

RULES = "sc-cme-2025"
HEADER = "ref,learner,item,unit,papers,at,credits\n"
GOOD = "r-1,p-1,credit,hospital,certificate=A-1,2026-03-01,5\nr-2,p-2,credit,hospital,certificate=A-2,2026-03-02,4\n"
BAD = (
    "r-3,p-3,credit,hospital,,2026-03-01,5\n"
    "r-4,p-4,credit,none,certificate=A,2026-03-01,5\n"
    "r-5,p-5,credit,hospital,certificate=A,2026-02-30,5\n"
    "r-1,p-1,credit,hospital,certificate=A-1,2026-03-01,5\n"
    "r-6,p 6,credit,hospital,certificate=A,2026-03-01,5\n"
    "r-7,p-7,project_remote,,,2026-03-01,5\n"
)
SIGNER = Ed25519Signer("exams", b"e" * 32)
RESULTS = (
    "ref,learner,item,project,date,minutes,passed\n"
    "e-1,p-1,project_remote,first-aid,2026-04-01,360,true\n"
    "e-2,p-2,project_remote,first-aid,2026-04-01,360,false\n"
)


def note(
    text: str = RESULTS, header: str = f"zaichang-results@1 inst {RULES}", signer: Ed25519Signer = SIGNER
) -> bytes:
    return sign_note(f"{header}\n{text}".encode(), [signer])


async def credits(page: Office, learner: str) -> str:
    await HourFeed(page.store).feed()
    facts = await stored_facts(page.store, "inst", learner, {})  # type: ignore[arg-type]
    return str(count(facts, load_rules(RULES), 2026).sums["credits"])


async def test_faulty_rows_come_back_and_the_rest_is_handed_in_once(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        imports = page.parts.imports
        report = await imports.take(REN, RULES, (HEADER + GOOD + BAD).encode())
        assert (report.accepted, report.repeated) == (2, 0)
        assert [(fault.line, fault.code) for fault in report.faults] == [
            (4, "activity.incomplete"), (5, "activity.employer"), (6, "activity.invalid"), (7, "import.twice"),
            (8, "id.invalid"), (9, "activity.invalid"),
        ]  # fmt: skip
        assert all(fault.zh and fault.en for fault in report.faults)
        again = await imports.take(REN, RULES, (HEADER + GOOD).encode())
        assert (again.accepted, again.repeated, again.correction) == (0, 2, "")
        fixed = report.correction.replace("credit,hospital,,", "credit,hospital,certificate=A-3,")
        assert (await imports.take(REN, RULES, fixed.encode())).accepted == 1
        assert len(page.logs.of("inst", page.clock.at_ms).entries) == 3


async def test_an_import_is_confirmed_and_approved_together_by_others(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        imports = page.parts.imports
        batch = (await imports.take(REN, RULES, (HEADER + GOOD).encode())).batch
        assert await imports.step(SUN, batch, Stage.CHECK, "", "") == (0, 2), "the employer comes first"
        assert await imports.step(HOSPITAL, batch, Stage.CONFIRM, "", "") == (2, 0)
        assert await imports.step(REN, batch, Stage.CHECK, "", "") == (0, 2), "it is the importer's own"
        assert await imports.step(SUN, batch, Stage.CHECK, "", "") == (2, 0)
        assert await credits(page, "p-1") == "0"
        other = SUN.__class__(institution_id=SUN.institution_id, party=SUN.party, name="wu")
        assert await imports.step(other, batch, Stage.APPROVE, "", "") == (2, 0)
        assert (await credits(page, "p-1"), await credits(page, "p-2")) == ("5", "4")
        for stage in (Stage.VOID, Stage.SUBMIT):
            with pytest.raises(PeerViolation, match=r"activity\.invalid"):
                await imports.step(SUN, batch, stage, "", "")


async def test_signed_results_count_at_once_for_those_who_passed(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        imports = page.parts.imports
        with pytest.raises(NotAllowed, match=r"results\.no_key"):
            await imports.take_results(PLATFORM, note())
        await imports.put_key("inst", SIGNER.vkey)  # type: ignore[arg-type]
        report = await imports.take_results(PLATFORM, note())
        assert (report.accepted, report.faults) == (2, ())
        assert (await credits(page, "p-1"), await credits(page, "p-2")) == ("2", "0")
        assert (await imports.take_results(PLATFORM, note())).repeated == 2, "the same results twice are one"
        [activity] = await page.store.activities("inst", ActivityFilter(learner_id="p-1"), NEWEST, 9)
        assert activity.state is State.APPROVED
        [step] = await page.store.steps(activity.activity_id)
        assert step.stage is Stage.RECORD and b'"signed":""' not in step.body
        credit = "ref,learner,item,unit,papers,at,credits\nx,p-1,credit,hospital,certificate=A,2026-03-01,5\n"
        assert [fault.code for fault in (await imports.take_results(PLATFORM, note(credit))).faults] == [
            "activity.signed"
        ]


async def test_a_note_of_another_key_text_or_institution_is_refused(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        imports = page.parts.imports
        with pytest.raises(PeerViolation, match=r"results\.key"):
            await imports.put_key("inst", "none")  # type: ignore[arg-type]
        await imports.put_key("inst", SIGNER.vkey)  # type: ignore[arg-type]
        changed = note().replace(b"false", b"true")
        for sent, code in (
            (note(signer=Ed25519Signer("exams", b"f" * 32)), "results.signature"),
            (changed, "results.signature"),
            (RESULTS.encode(), "results.signature"),
            (note(header=f"zaichang-results@1 other {RULES}"), "results.header"),
            (note(header=f"another-note@1 inst {RULES}"), "results.header"),
            (note(header="zaichang-results@1 inst none"), "activity.rules"),
        ):
            with pytest.raises(ZaichangError) as caught:
                await imports.take_results(PLATFORM, sent)
            assert caught.value.code == code
        for actor, call in (
            (LEARNER, imports.take_results(LEARNER, note())),
            (PLATFORM, imports.take(PLATFORM, RULES, b"")),
        ):
            with pytest.raises(NotAllowed, match=r"activity\.party"):
                await call
            assert actor.party != "office"
