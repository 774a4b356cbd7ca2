"""Files of evidence are encrypted, bounded, read by those who may, and outlive an erasure of biometrics alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.activities import HOSPITAL, LEARNER, PDF, REN, degree, office
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation, StorageError
from zaichang.hours.activities.evidence import EvidenceDesk
from zaichang.hours.activities.handing_in import FILES_MAX
from zaichang.ledger.activities.stages import Stage, State
from zaichang.ports.purposes import Purpose


async def test_a_file_is_read_back_and_the_trail_notes_it(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await page.hand_in(degree(unit_id="hospital"), "diploma", "chsi")
        file = (await page.store.evidence_of(name))[0]
        found, data = await page.parts.evidence.read(REN, name, file.file_id)
        assert (found, data) == (file, PDF)
        assert [entry.action for entry in await page.store.audit("inst", 99, 1)] == ["activity.file"]
        with pytest.raises(NotFound, match=r"activity\.file_unknown"):
            await page.parts.evidence.read(HOSPITAL, name, "none")  # type: ignore[arg-type]


async def test_an_erasure_of_biometrics_leaves_the_evidence_readable(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await page.hand_in(degree(), "diploma", "chsi")
        file = (await page.store.evidence_of(name))[0]
        encrypted = page.ports.files.get(name, file.file_id)
        before = await page.store.learner("inst", "person")
        after = page.vault.unlock(page.vault.without_biometrics(before))
        place = f"{name}.{file.file_id}"
        assert after.decrypt(Purpose.ACTIVITY, place, encrypted) == PDF
        with pytest.raises(StorageError, match=r"storage\.sealed_damaged"):
            after.decrypt(Purpose.CAPTURE, place, encrypted)
        face = page.vault.unlock(before).encrypt(Purpose.CAPTURE, place, PDF)
        with pytest.raises(StorageError, match=r"storage\.sealed_damaged"):
            after.decrypt(Purpose.CAPTURE, place, face)


async def test_what_is_no_evidence_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        evidence = page.parts.evidence
        draft = (await page.parts.desk.draft(LEARNER, degree(unit_id="hospital"))).activity_id
        with pytest.raises(PeerViolation, match=r"activity\.invalid"):
            await evidence.add(LEARNER, draft, "none", "application/pdf", PDF)
        with pytest.raises(NotFound, match=r"activity\.unknown"):
            await evidence.add(HOSPITAL, draft, "chsi", "application/pdf", PDF)
        for _ in range(FILES_MAX):
            await evidence.add(LEARNER, draft, "chsi", "application/pdf", PDF)
        with pytest.raises(NotAllowed, match=r"activity\.files"):
            await evidence.add(LEARNER, draft, "chsi", "application/pdf", PDF)
        await evidence.discard(LEARNER, draft)
        assert list(page.store.folder.evidence.iterdir()) == []
        handed_in = await page.hand_in(degree(unit_id="hospital"), "diploma", "chsi")
        for actor, code in ((LEARNER, r"activity\.raced"), (HOSPITAL, r"activity\.party")):
            with pytest.raises(NotAllowed, match=code):
                await evidence.add(actor, handed_in, "chsi", "application/pdf", PDF)
            with pytest.raises(NotAllowed, match=code):
                await evidence.discard(actor, handed_in)
        with pytest.raises(NotFound, match=r"activity\.file_unknown"):
            page.ports.files.get(handed_in, "none")  # type: ignore[arg-type]


class Racing:
    """A store in which another request hands the draft in just before it is dropped."""

    def __init__(self, store: Any, desk: Any) -> None:
        self.store, self.desk = store, desk

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def drop_draft(self, activity_id: Any) -> Any:
        await self.desk.take(LEARNER, activity_id, Stage.SUBMIT)
        return await self.store.drop_draft(activity_id)


async def test_an_activity_handed_in_while_it_is_discarded_keeps_its_files(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        evidence, desk = page.parts.evidence, page.parts.desk
        draft = (await desk.draft(LEARNER, degree())).activity_id
        for document in ("diploma", "chsi"):
            await evidence.add(LEARNER, draft, document, "application/pdf", PDF)
        racing = EvidenceDesk(replace(page.ports, activities=Racing(page.store, desk)))  # type: ignore[arg-type]
        with pytest.raises(NotAllowed, match=r"activity\.raced"):
            await racing.discard(LEARNER, draft)
        assert (await page.store.activity(draft)).state is State.SUBMITTED
        for file in await page.store.evidence_of(draft):
            assert (await evidence.read(REN, draft, file.file_id))[1] == PDF
