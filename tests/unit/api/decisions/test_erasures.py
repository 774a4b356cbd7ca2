"""Erasures over HTTP: two reviewers with own keys, and requests that do not fit."""

from __future__ import annotations

from pathlib import Path

from unit.api.decisions.test_revocations import studied
from unit.api.test_queue import code_of, web


async def test_a_second_reviewer_confirms_and_the_learner_is_gone(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        page.keys["sun"] = await page.services.institutions.add_reviewer("inst", "sun")  # type: ignore[arg-type]
        await studied(page)
        asked = {"learner": "learner", "scope": "all", "basis": "pipl-47", "note": "本人申请"}
        made = (await page.ask("POST", "/v1/erasures", "ren", json=asked)).json()
        assert (made["state"], made["proposed_by"], made["entry"]) == ("proposed", "ren", None)
        path = f"/v1/erasures/{made['erasure']}"
        assert code_of(await page.ask("POST", f"{path}/confirm", "ren")) == "erasure.same_person"
        assert code_of(await page.ask("POST", f"{path}/confirm", "staff")) == "review.personal_key"
        assert code_of(await page.ask("POST", f"{path}/confirm", "stranger")) == "erasure.unknown"
        done = (await page.ask("POST", f"{path}/confirm", "sun")).json()
        assert (done["state"], done["sessions"], done["note"]) == ("done", 1, "")
        assert done["learner"].startswith("erased-") and done["entry"] > 0
        [line] = (await page.get("/v1/erasures"))["erasures"]
        assert line == done
        again = await page.ask("POST", "/v1/erasures", "ren", json=asked)
        assert code_of(again) == "learner.unknown"


async def test_a_proposal_is_withdrawn_and_one_that_does_not_fit_refused(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await studied(page)
        asked = {"learner": "learner", "scope": "biometrics"}
        made = (await page.ask("POST", "/v1/erasures", "ren", json=asked)).json()
        path = f"/v1/erasures/{made['erasure']}/refuse"
        assert (await page.ask("POST", path, "ren")).json()["state"] == "refused"
        assert code_of(await page.ask("POST", path, "ren")) == "erasure.decided"
        for more in ({"scope": "face"}, {"basis": "PIPL 47"}, {"request": "ab"}):
            assert code_of(await page.ask("POST", "/v1/erasures", "ren", json={**asked, **more})) == "erasure.invalid"
        assert code_of(await page.ask("POST", "/v1/erasures", "staff", json=asked)) == "review.personal_key"
