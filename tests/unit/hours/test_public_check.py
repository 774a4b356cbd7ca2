"""The public check: files of this service's logs, against the log as it stands now."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.api.decisions.test_revocations import studied
from unit.api.hours.test_certificates import issue
from unit.api.test_queue import Web, web
from zaichang.audit.certificate.proof import write_proof
from zaichang.audit.check import Status
from zaichang.core.errors import UnreadableInput
from zaichang.hours.public_check import PublicResult, check_file
from zaichang.main.certificates import page_drawing


def checked(page: Web, data: bytes) -> PublicResult:
    return check_file(data, page.services.log_places, page_drawing(), None)


async def test_a_certificate_stands_until_it_is_revoked_and_its_page_is_compared(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        page.keys["sun"] = await page.services.institutions.add_reviewer("inst", "sun")  # type: ignore[arg-type]
        session, launch = await studied(page)
        made = (await issue(page)).json()
        path = f"/v1/certificates/{made['number']}"
        pdf = (await page.ask("POST", f"{path}/pdf", "ren", json={})).content
        found = checked(page, pdf)
        assert (found.exit, found.log) == (0, "inst/2023") and found.origin.endswith("/inst/2023")
        assert {"certificate", "page", "later"} <= {check.check for check in found.checks}
        await page.ask("POST", f"{path}/revocation", "ren", json={"reason": "REVOKED_ERROR"})
        await page.ask("POST", f"{path}/revocation/confirm", "sun")
        ended = checked(page, pdf)
        assert ended.exit == 1 and ended.checks[0].code == "E_CERTIFICATE"
        assert ended.checks[0].status is Status.FAIL, "findings come first"

        receipt = await page.ask("GET", f"/v1/sessions/{session}/receipt", launch)
        assert checked(page, receipt.content).exit == 0


async def test_a_file_of_another_log_or_kind_is_refused(tmp_path: Path) -> None:
    from support.certificates import PROOF

    async with web(tmp_path) as page:
        await studied(page)
        made = (await issue(page)).json()
        own = (await page.ask("POST", f"/v1/certificates/{made['number']}/proof", "ren", json={})).content
        for data, code in (
            (write_proof(PROOF), "verify.unknown_log"),
            (b"", "verify.unknown_log"),
            (own.replace(b"zaichang-certificate@v1", b"zaichang-something@v1"), "verify.unknown_format"),
        ):
            with pytest.raises(UnreadableInput) as caught:
                checked(page, data)
            assert caught.value.code == code
