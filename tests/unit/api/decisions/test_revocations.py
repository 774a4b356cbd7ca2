"""Revocations over HTTP: two reviewers with own keys, the learner's view, and requests that do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.study import Student, token
from unit.api.test_queue import Web, code_of, web


async def studied(page: Web) -> tuple[str, str]:
    student, launch = Student(page.services, page.clock), await token(page.services)
    await student.begin(launch)
    await student.play(70_000, 10_000)
    await student.finish()
    await student.closed()
    page.keys["learner"] = await token(page.services)
    return student.session_id, launch


async def propose(page: Web, session: str, key: str = "ren", **more: Any) -> Any:
    asked = {"scope": "session", "reason": "REVOKED_PROXY", "session": session, **more}
    return await page.ask("POST", "/v1/revocations", key, json=asked)


async def test_a_second_reviewer_confirms_and_the_learner_reads_why(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        page.keys["sun"] = await page.services.institutions.add_reviewer("inst", "sun")  # type: ignore[arg-type]
        session, _ = await studied(page)
        made = (await propose(page, session, note="同一人脸")).json()
        assert (made["state"], made["standing_ms"], made["proposed_by"]) == ("proposed", 70_000, "ren")
        path = f"/v1/revocations/{made['revocation']}"
        assert code_of(await page.ask("POST", f"{path}/confirm", "ren")) == "revocation.same_person"
        assert code_of(await page.ask("POST", f"{path}/confirm", "staff")) == "review.personal_key"
        assert code_of(await page.ask("POST", f"{path}/confirm", "stranger")) == "revocation.unknown"
        done = (await page.ask("POST", f"{path}/confirm", "sun")).json()
        assert (done["state"], done["revoked_ms"], done["decided_by"]) == ("done", 70_000, "sun")
        [line] = (await page.get("/v1/revocations"))["revocations"]
        assert line == done and line["standing_ms"] is None

        mine = await page.get(f"/v1/me/sessions/{session}", "learner")
        assert (mine["verified_ms"], mine["revoked_ms"], mine["granted_ms"]) == (0, 70_000, 0)
        minute = mine["timeline"][0]
        assert (minute["verdict"], minute["was"], minute["verified"]) == ("F", "V", [])
        assert minute["decisions"][0]["outcome"] == "revoke" and "代学" in minute["decisions"][0]["reason"]["zh"]
        assert "note" not in minute["decisions"][0] and mine["may_appeal"]


async def test_a_voided_session_counts_for_nothing_and_takes_no_appeal(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        page.keys["sun"] = await page.services.institutions.add_reviewer("inst", "sun")  # type: ignore[arg-type]
        session, _ = await studied(page)
        made = (await propose(page, session, scope="void", reason="REVOKED_FRAUD")).json()
        done = (await page.ask("POST", f"/v1/revocations/{made['revocation']}/confirm", "sun")).json()
        assert (done["scope"], done["state"], done["revoked_ms"]) == ("void", "done", 70_000)
        mine = await page.get(f"/v1/me/sessions/{session}", "learner")
        assert mine["verified_ms"] == 0 and not mine["may_appeal"]
        asked = {"minutes": [], "text": "I was there."}
        path = f"/v1/me/sessions/{session}/appeal"
        assert code_of(await page.ask("POST", path, "learner", json=asked)) == "appeal.voided"


async def test_a_proposal_is_refused_or_withdrawn(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        session, _ = await studied(page)
        made = (await propose(page, session)).json()
        path = f"/v1/revocations/{made['revocation']}/refuse"
        assert (await page.ask("POST", path, "ren")).json()["state"] == "refused"
        assert code_of(await page.ask("POST", path, "ren")) == "revocation.decided"


async def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        session, _ = await studied(page)
        for more, code in (
            ({"scope": "all"}, "revocation.invalid"),
            ({"reason": "NO_FACE"}, "revocation.invalid"),
            ({"intervals": [[0, 5]]}, "revocation.invalid"),
            ({"case": "unknown"}, "case.unknown"),
            ({"scope": "intervals", "intervals": [[90_000, 95_000]]}, "revocation.nothing"),
        ):
            assert code_of(await propose(page, session, **more)) == code
        assert code_of(await propose(page, "unknown")) == "session.unknown"
        assert code_of(await propose(page, session, "staff")) == "review.personal_key"
