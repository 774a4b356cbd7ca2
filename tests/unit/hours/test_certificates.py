"""The certificates' desk: a crash loses nothing, and the gate is asked before anything is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unit.api.decisions.test_revocations import studied
from unit.api.test_queue import Web, web
from zaichang.core.enums import CertificateState
from zaichang.core.errors import NotAllowed, StorageError
from zaichang.hours.certificates import CertificateDesk, CertificateWanted

WANTED = CertificateWanted(learner_id="learner", rules="cq-pharmacist-2025", year=2023)  # type: ignore[arg-type]


class Closed:
    """A gate that the authority's acceptance has not opened yet."""

    async def check(self, *about: str) -> None:
        raise NotAllowed("filing.not_accepted", "The authority has not accepted these hours yet.")


class Stopped:
    """Logs that cannot be used now, as in a crash between the row and its entry."""

    def __init__(self, page: Web) -> None:
        self.page = page

    async def log_for(self, institution_id: Any, at_ms: int) -> Any:
        log = await self.page.services.logs.log_for(institution_id, at_ms)

        class Refusing:
            origin = log.origin

            async def submit(self, key: tuple[str, int], leaf: bytes) -> int:
                raise StorageError("storage.busy", "The disk is busy.")

        return Refusing()


def desk_of(page: Web, **changes: Any) -> CertificateDesk:
    return CertificateDesk(replace(page.services.certificates._ports, **changes))


async def issue(page: Web, desk: CertificateDesk, wanted: CertificateWanted = WANTED) -> Any:
    institution = await page.services.store.institution("inst")  # type: ignore[arg-type]
    return await desk.issue(institution, "ren", wanted)  # type: ignore[arg-type]


async def test_a_closed_gate_keeps_nothing(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await studied(page)
        with pytest.raises(NotAllowed, match=r"filing\.not_accepted"):
            await issue(page, desk_of(page, gate=Closed()))
        assert await page.services.certificates.listed("inst", None, 9) == []  # type: ignore[arg-type]


async def test_what_a_crash_left_unlogged_is_logged_at_the_next_start_once(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await studied(page)
        desk, broken = page.services.certificates, desk_of(page, logs=Stopped(page))
        with pytest.raises(StorageError):
            await issue(page, broken)
        [row] = await desk.listed("inst", None, 9)  # type: ignore[arg-type]
        assert row.entry_index is None
        with pytest.raises(NotAllowed, match=r"certificate\.not_logged"):
            await desk.proof("inst", row.number)  # type: ignore[arg-type]
        await desk.propose_end("inst", "ren", row.number, "REVOKED_ERROR")  # type: ignore[arg-type]
        with pytest.raises(NotAllowed, match=r"certificate\.not_logged"):
            await desk.confirm_end("inst", "sun", row.number)  # type: ignore[arg-type]
        await broken.recover()
        assert (await page.services.store.certificate(row.number)).entry_index is None
        await desk.recover()
        logged = await page.services.store.certificate(row.number)
        assert logged.entry_index is not None

        with pytest.raises(StorageError):
            await broken.confirm_end("inst", "sun", row.number)  # type: ignore[arg-type]
        revoked = await page.services.store.certificate(row.number)
        assert (revoked.state, revoked.revoke_index) == (CertificateState.REVOKED, None)
        await desk.recover()
        await desk.recover()
        ended = await page.services.store.certificate(row.number)
        assert (ended.entry_index, ended.revoke_index) == (logged.entry_index, logged.entry_index + 1)


async def test_an_erased_learners_certificate_gives_no_copy(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        page.keys["sun"] = await page.services.institutions.add_reviewer("inst", "sun")  # type: ignore[arg-type]
        await studied(page)
        row = await issue(page, page.services.certificates)
        asked = {"learner": "learner", "scope": "all", "basis": "pipl-47"}
        made = (await page.ask("POST", "/v1/erasures", "ren", json=asked)).json()
        await page.ask("POST", f"/v1/erasures/{made['erasure']}/confirm", "sun")
        with pytest.raises(NotAllowed, match=r"learner\.erased"):
            await page.services.certificates.proof("inst", row.number)  # type: ignore[arg-type]
