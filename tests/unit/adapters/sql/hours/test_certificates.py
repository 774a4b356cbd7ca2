"""Certificates in SQLite: one stands at a time, and each change checks the state that it needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all, open_store
from zaichang.adapters.sql.hours import certificates
from zaichang.audit.certificate.status_list import LIST_BITS
from zaichang.core.enums import CertificateState
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.ports.hours.certificates import CertificateRow

ROW = CertificateRow(
    number="00" * 8,
    institution_id="inst",
    learner_id="learner",
    year="2026",
    rules="cq-pharmacist-2025",
    document=b"{}",
    leaf=b"leaf",
    log_ms=1,
    issued_ms=1,
    issued_by="ren",
)  # type: ignore[arg-type]
NEXT = replace(ROW, number="11" * 8, issued_ms=2, replaces=ROW.number)


async def test_one_certificate_of_a_year_stands_and_a_replacement_needs_a_logged_one(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_certificate(ROW)
        with pytest.raises(NotAllowed, match=r"certificate\.exists"):
            await store.add_certificate(replace(ROW, number="22" * 8))
        with pytest.raises(NotAllowed, match=r"certificate\.closed"):
            await store.add_certificate(NEXT)
        assert [row.number for row in await store.unlogged_certificates()] == [ROW.number]
        await store.note_certificate_logged(ROW.number, 7)
        await store.note_certificate_logged(ROW.number, 8)
        await store.add_certificate(NEXT)
        old, new = await store.certificate(ROW.number), await store.certificate(NEXT.number)
        assert (old.state, old.replaced_by, old.entry_index) == (CertificateState.REPLACED, NEXT.number, 7)
        assert replace(new, status_place=-1) == NEXT
        assert [row.number for row in await store.certificates("inst", None, 9)] == [NEXT.number, ROW.number]
        assert await store.certificates("inst", "other", 9) == []
        await store.add_certificate(replace(ROW, number="33" * 8, year="2027"))


async def test_a_revocation_is_proposed_withdrawn_or_confirmed_once(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        with pytest.raises(NotFound, match=r"certificate\.unknown"):
            await store.certificate(ROW.number)
        await store.add_certificate(ROW)
        await store.note_certificate_logged(ROW.number, 7)
        with pytest.raises(NotAllowed, match=r"certificate\.not_proposed"):
            await store.revoke_certificate(replace(ROW, entry_index=7), b"end", "sun", 5)
        await store.propose_certificate_end(ROW.number, "REVOKED_ERROR", "算错", "ren", 4)
        with pytest.raises(NotAllowed, match=r"certificate\.proposed"):
            await store.propose_certificate_end(ROW.number, "REVOKED_ERROR", "", "sun", 4)
        await store.withdraw_certificate_end(ROW.number)
        withdrawn = await store.certificate(ROW.number)
        assert replace(withdrawn, status_place=-1) == replace(ROW, entry_index=7)
        await store.propose_certificate_end(ROW.number, "REVOKED_ERROR", "", "ren", 4)
        proposed = await store.certificate(ROW.number)
        await store.revoke_certificate(proposed, b"end", "sun", 5)
        found = await store.certificate(ROW.number)
        assert (found.state, found.decided_by, found.revoke_leaf) == (CertificateState.REVOKED, "sun", b"end")
        assert [row.number for row in await store.unlogged_certificates()] == [ROW.number]
        await store.note_certificate_end_logged(ROW.number, 9)
        assert await store.unlogged_certificates() == []
        for again in (
            store.revoke_certificate(proposed, b"end", "sun", 5),
            store.propose_certificate_end(ROW.number, "REVOKED_ERROR", "", "ren", 4),
        ):
            with pytest.raises(NotAllowed):
                await again
        await store.add_certificate(replace(ROW, number="22" * 8))


async def test_an_erased_learners_documents_are_emptied(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_certificate(ROW)
        await store.propose_certificate_end(ROW.number, "REVOKED_ERROR", "王某", "ren", 4)
        await erase_all(store, "inst", "learner", "alias", 10_000)
        found = await store.certificate(ROW.number)
        assert (found.learner_id, found.document, found.note) == ("alias", b"", "")
        for late in (replace(ROW, number="44" * 8), replace(ROW, number="55" * 8, learner_id="alias", year="2027")):
            with pytest.raises(NotAllowed, match=r"learner\.erased"):
                await store.add_certificate(late)


async def test_a_proposal_is_confirmed_as_it_was_read_and_by_another_person(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_certificate(ROW)
        await store.note_certificate_logged(ROW.number, 7)
        await store.propose_certificate_end(ROW.number, "REVOKED_ERROR", "", "ren", 4)
        read = await store.certificate(ROW.number)
        for reason, who, at_ms in (
            ("REVOKED_ERROR", "sun", 4),
            ("REVOKED_OTHER", "ren", 4),
            ("REVOKED_ERROR", "ren", 5),
        ):
            await store.withdraw_certificate_end(ROW.number)
            await store.propose_certificate_end(ROW.number, reason, "", who, at_ms)
            with pytest.raises(NotAllowed, match=r"certificate\.not_proposed"):
                await store.revoke_certificate(read, b"end", "wu", 6)
        now = await store.certificate(ROW.number)
        with pytest.raises(NotAllowed, match=r"certificate\.not_proposed"):
            await store.revoke_certificate(now, b"end", "ren", 6)
        assert (await store.certificate(ROW.number)).state is CertificateState.ISSUED


async def test_a_certificate_whose_revocation_waits_is_not_replaced(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.add_certificate(ROW)
        await store.note_certificate_logged(ROW.number, 7)
        await store.propose_certificate_end(ROW.number, "REVOKED_ERROR", "", "ren", 4)
        proposed = await store.certificate(ROW.number)
        with pytest.raises(NotAllowed, match=r"certificate\.proposed"):
            await store.add_certificate(NEXT)
        assert await store.certificate(ROW.number) == proposed
        await store.withdraw_certificate_end(ROW.number)
        await store.add_certificate(NEXT)


async def test_each_certificate_has_a_drawn_place_in_the_status_lists_which_tells_that_it_ended(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        assert not await store.has_status_list("inst", 0, LIST_BITS)
        await store.add_certificate(ROW)
        await store.note_certificate_logged(ROW.number, 7)
        await store.add_certificate(replace(ROW, number="33" * 8, year="2027"))
        await store.add_certificate(NEXT)
        old, new = await store.certificate(ROW.number), await store.certificate(NEXT.number)
        assert old.status_place != new.status_place and 0 <= new.status_place < LIST_BITS
        assert await store.has_status_list("inst", 0, LIST_BITS)
        assert not await store.has_status_list("inst", LIST_BITS, 2 * LIST_BITS)
        assert await store.ended_places("inst", 0, LIST_BITS) == [old.status_place]
        assert await store.ended_places("inst", old.status_place + 1, LIST_BITS) == []


async def test_a_list_that_is_half_full_is_followed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "LIST_BITS", 2)
    async with open_store(tmp_path, inline=True) as store:
        for number in range(6):
            await store.add_certificate(replace(ROW, number=f"{number:016x}", year=f"20{number:02}"))
        places = [row.status_place for row in await store.certificates("inst", None, 9)]
        assert {place // 2 for place in places} == set(range(6)), "a list of two places takes one"


async def test_a_place_that_is_taken_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "LIST_BITS", 6)
    async with open_store(tmp_path, inline=True) as store:
        for number in range(3):
            await store.add_certificate(replace(ROW, number=f"{number:016x}", year=f"20{number:02}"))
        places = {row.status_place for row in await store.certificates("inst", None, 9)}
        assert len(places) == 3 and places <= set(range(6))
