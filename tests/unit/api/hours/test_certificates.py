"""Certificates over HTTP: issued by a reviewer, copied, replaced, revoked by two, and refused where they do not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from unit.api.decisions.test_revocations import studied
from unit.api.test_queue import Web, code_of, web
from zaichang.audit.certificate.check import changed_since, verify_certificate
from zaichang.audit.check import exit_code
from zaichang.audit.source import verify_path
from zaichang.log.bundles import log_trust
from zaichang.main.certificates import page_drawing
from zaichang.tlog.trust import parse_trust

ASKED = {"learner": "learner", "rules": "cq-pharmacist-2025", "year": 2023, "name": "欧阳㛃"}


async def issue(page: Web, key: str = "ren", **more: Any) -> Any:
    return await page.ask("POST", "/v1/certificates", key, json={**ASKED, **more})


async def test_a_certificate_is_issued_copied_and_verified(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await studied(page)
        made = (await issue(page)).json()
        assert (made["state"], made["issued_by"], made["learner"]) == ("issued", "ren", "learner")
        assert made["entry"] > 0
        path = f"/v1/certificates/{made['number']}"
        copy = await page.ask("POST", f"{path}/proof", "staff", json={"name": "欧阳㛃"})
        assert copy.status_code == 200 and f"{made['number']}.certificate.json" in copy.headers["content-disposition"]
        place = page.services.log_places.place("inst", 2023)  # type: ignore[arg-type]
        trust = parse_trust(log_trust(place))
        assert exit_code(verify_certificate(copy.content, trust)) == 0
        assert exit_code(changed_since(copy.content, place.published.get, trust)) == 0
        bare = await page.ask("POST", f"{path}/proof", "staff", json={})
        assert "欧阳㛃" in copy.text and "欧阳㛃" not in bare.text
        badge = await page.ask("POST", f"{path}/badge", "staff", json={})
        assert badge.headers["content-type"] == "application/vc+jwt" and badge.text.count(".") == 2
        wrong = await page.ask("POST", f"{path}/proof", "staff", json={"name": "李四"})
        assert code_of(wrong) == "certificate.other_name"
        listed = await page.get("/v1/certificates?learner=learner")
        assert listed["certificates"] == [made] and await page.get(path) == made
        assert {"cq-pharmacist-2025", "sc-cme-2025"} <= {pack["name"] for pack in listed["packs"]}
        assert {"REVOKED_FRAUD", "REVOKED_ERROR"} <= {reason["code"] for reason in listed["reasons"]}
        assert code_of(await page.ask("GET", path, "other")) == "certificate.unknown"
        printed = await page.ask("POST", f"{path}/pdf", "staff", json={"name": "欧阳㛃"})
        assert printed.headers["content-type"] == "application/pdf"
        file = tmp_path.parent / "certificate.pdf"
        file.write_bytes(printed.content)
        checks = verify_path(file, trust, drawing=page_drawing())
        assert exit_code(checks) == 0 and "page" in {check.check for check in checks}
        stored = b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
        assert "欧阳㛃".encode() not in stored, "a name is nowhere in the data folder"


async def test_a_certificate_is_replaced_and_two_people_revoke_the_second(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        page.keys["sun"] = await page.services.institutions.add_reviewer("inst", "sun")  # type: ignore[arg-type]
        await studied(page)
        first = (await issue(page)).json()
        assert code_of(await issue(page)) == "certificate.exists"
        path = f"/v1/certificates/{first['number']}"
        old = (await page.ask("POST", f"{path}/proof", "ren", json={})).content
        second = (await issue(page, replaces=first["number"])).json()
        assert second["replaces"] == first["number"]
        assert code_of(await issue(page, replaces=first["number"])) == "certificate.closed"
        assert code_of(await page.ask("POST", f"{path}/proof", "ren", json={})) == "certificate.closed"
        place = page.services.log_places.place("inst", 2023)  # type: ignore[arg-type]
        trust = parse_trust(log_trust(place))
        assert exit_code(verify_certificate(old, trust)) == 0
        [*_, told] = changed_since(old, place.published.get, trust)
        assert told.code == "E_CERTIFICATE" and "replaced" in told.message

        path = f"/v1/certificates/{second['number']}"
        new = (await page.ask("POST", f"{path}/proof", "ren", json={})).content
        assert exit_code(verify_certificate(new, trust)) == 0
        proposed = await page.ask("POST", f"{path}/revocation", "ren", json={"reason": "REVOKED_FRAUD", "note": "代学"})
        assert (proposed.json()["state"], proposed.json()["proposed_by"]) == ("issued", "ren")
        assert code_of(await page.ask("POST", f"{path}/revocation/confirm", "ren")) == "certificate.same_person"
        assert code_of(await page.ask("POST", f"{path}/revocation/confirm", "stranger")) == "certificate.unknown"
        done = (await page.ask("POST", f"{path}/revocation/confirm", "sun")).json()
        assert (done["state"], done["decided_by"]) == ("revoked", "sun") and done["revocation_entry"] > done["entry"]
        [*_, told] = changed_since(new, place.published.get, trust)
        assert told.code == "E_CERTIFICATE" and "REVOKED_FRAUD" in told.message
        assert code_of(await page.ask("POST", f"{path}/revocation/confirm", "sun")) == "certificate.not_proposed"


async def test_requests_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await studied(page)
        for more, code in (
            ({"rules": "moon"}, "certificate.invalid"),
            ({"rules": "../x.toml"}, "certificate.invalid"),
            ({"year": 26}, "certificate.invalid"),
            ({"name": "李\u202e四"}, "certificate.invalid"),
            ({"learner": "nobody"}, "learner.unknown"),
            ({"year": 2024}, "certificate.nothing"),
            ({"replaces": "0" * 16}, "certificate.unknown"),
        ):
            assert code_of(await issue(page, **more)) == code, more
        assert code_of(await issue(page, key="staff")) == "review.personal_key"
        made = (await issue(page)).json()
        assert code_of(await issue(page, replaces=made["number"], year=2024)) == "certificate.invalid"
        path = f"/v1/certificates/{made['number']}"
        assert code_of(await page.ask("POST", f"{path}/proof", "other", json={})) == "certificate.unknown"
        assert code_of(await page.ask("POST", f"{path}/revocation/refuse", "ren")) == "certificate.not_proposed"
        asked = {"reason": "REVOKED_ERROR"}
        await page.ask("POST", f"{path}/revocation", "ren", json=asked)
        assert code_of(await page.ask("POST", f"{path}/revocation", "ren", json=asked)) == "certificate.proposed"
        assert (await page.ask("POST", f"{path}/revocation/refuse", "ren")).json()["proposed_by"] == ""
        assert (
            code_of(await page.ask("POST", f"{path}/revocation", "ren", json={"reason": "X"})) == "certificate.invalid"
        )


async def test_without_its_font_a_certificate_is_not_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zaichang.main.service.page_drawing", lambda: None)
    async with web(tmp_path) as page:
        await studied(page)
        made = (await issue(page)).json()
        answer = await page.ask("POST", f"/v1/certificates/{made['number']}/pdf", "ren", json={})
        assert (answer.status_code, code_of(answer)) == (503, "certificate.no_font")
