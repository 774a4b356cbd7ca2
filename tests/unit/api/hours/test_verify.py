"""The public check over HTTP: no key, bounded, and seldom enough from one address."""

from __future__ import annotations

from pathlib import Path

import httpx
import jwt

from unit.api.decisions.test_revocations import studied
from unit.api.hours.test_certificates import issue
from unit.api.test_queue import code_of, web
from zaichang.api.hours.verify import PER_MINUTE
from zaichang.audit.certificate.status_list import bit_of
from zaichang.hours.public_check import MAX_FILE_BYTES


async def test_a_file_is_checked_without_a_key_and_nothing_hostile_is_shown(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await studied(page)
        made = (await issue(page)).json()
        data = (await page.ask("POST", f"/v1/certificates/{made['number']}/proof", "ren", json={})).content
        told = (await page.client.post("/v1/verify", content=data)).json()
        assert told["exit"] == 0 and told["passed"] > 5
        assert {"certificate", "later"} <= {check["check"] for check in told["checks"]}
        wrong = (await page.client.post("/v1/verify", content=data.replace(b'"year":"2023"', b'"year":"2024"'))).json()
        assert wrong["exit"] == 1 and wrong["checks"][0]["code"] == "E_OPENING" and wrong["checks"][0]["zh"]
        hostile = data.replace(b'"learner":"learner"', b'"learner":"\\u001b[2J"')
        assert "\x1b" not in (await page.client.post("/v1/verify", content=hostile)).text


async def test_a_badge_names_its_status_list_which_tells_that_the_certificate_was_revoked(tmp_path: Path) -> None:
    async with web(tmp_path, public_url="https://hours.example") as page:
        page.keys["sun"] = await page.services.institutions.add_reviewer("inst", "sun")  # type: ignore[arg-type]
        await studied(page)
        path = f"/v1/certificates/{(await issue(page)).json()['number']}"
        badge = (await page.ask("POST", f"{path}/badge", "ren", json={})).text
        entry = jwt.decode(badge, options={"verify_signature": False})["credentialStatus"]
        assert entry["statusListCredential"] == "https://hours.example/v1/status-lists/inst/0"

        async def listed(name: str = "inst/0") -> httpx.Response:
            return await page.client.get(f"/v1/status-lists/{name}")

        def bit(answer: httpx.Response) -> bool:
            claims = jwt.decode(answer.text, options={"verify_signature": False})
            return bit_of(claims["credentialSubject"], int(entry["statusListIndex"]))

        before = await listed()
        assert before.headers["content-type"] == "application/vc+jwt" and not bit(before)
        await page.ask("POST", f"{path}/revocation", "ren", json={"reason": "REVOKED_ERROR"})
        assert not bit(await listed()), "a proposal revokes nothing"
        await page.ask("POST", f"{path}/revocation/confirm", "sun")
        assert bit(await listed())
        assert [code_of(await listed(name)) for name in ("inst/1", "other/0")] == ["certificate.no_list"] * 2
        assert code_of(await listed("a b/0")) == "id.invalid"


async def test_a_long_file_and_too_many_are_refused(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        long = await page.client.post("/v1/verify", content=b" " * (MAX_FILE_BYTES + 1))
        assert (long.status_code, code_of(long)) == (413, "http.too_large")
        codes = [code_of(await page.client.post("/v1/verify", content=b"x")) for _ in range(PER_MINUTE + 1)]
        assert codes == ["verify.unknown_log"] * PER_MINUTE + ["rate.exceeded"]
