"""Imports over HTTP: a file with a fault, its steps, and signed results."""

from __future__ import annotations

from pathlib import Path

from unit.api.hours.test_activities import office
from unit.api.test_queue import code_of
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.note import sign_note

CSV = (
    "编号,学员代号,项目,纸质材料,awarded\n"
    "r-1,p-1,degree,diploma=A-1;chsi=A-2,2026-06-20\n"
    "r-2,p-2,degree,diploma=A-1,2026-06-20\n"
)
RESULTS = (
    "zaichang-results@1 inst sc-cme-2025\n"
    "ref,learner,item,project,date,minutes,passed\n"
    "e-1,p-1,project_remote,a,2026-04-01,360,yes\n"
)


async def test_a_file_is_taken_and_its_faults_come_back(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        path = "/v1/activity-imports?rules=cq-pharmacist-2025"
        made = (await page.ask("POST", path, "ren", content=CSV.encode("gb18030"))).json()
        assert (made["accepted"], made["repeated"]) == (1, 0)
        assert [(fault["line"], fault["code"]) for fault in made["faults"]] == [(3, "activity.incomplete")]
        assert "r-2" in made["correction"] and "r-1" not in made["correction"]
        steps = f"/v1/activity-imports/{made['batch']}/steps"
        assert (await page.ask("POST", steps, "sun", json={"stage": "check"})).json() == {"done": 1, "left": 0}
        [line] = (await page.get(f"/v1/activities?batch={made['batch']}", "wu"))["activities"]
        assert (line["state"], line["ref"]) == ("checked", "r-1")
        assert code_of(await page.ask("POST", path, "staff", content=CSV.encode())) == "review.personal_key"
        assert code_of(await page.ask("POST", path, "platform", content=CSV.encode())) == "activity.party"
        assert code_of(await page.ask("POST", steps, "sun", json={"stage": "none"})) == "activity.invalid"


async def test_signed_results_are_taken_from_the_platform(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        signer = Ed25519Signer("exams", b"e" * 32)
        assert (await page.ask("PUT", "/v1/result-key", "staff", json={"vkey": signer.vkey})).json() == {"ok": True}
        assert code_of(await page.ask("PUT", "/v1/result-key", "staff", json={"vkey": "none"})) == "results.key"
        sent = sign_note(RESULTS.encode(), [signer])
        made = (await page.ask("POST", "/v1/activity-results", "platform", content=sent)).json()
        assert (made["accepted"], made["faults"]) == (1, [])
        [line] = (await page.get("/v1/activities?learner=p-1"))["activities"]
        assert (line["state"], line["waits_on"]) == ("approved", "")
