"""The learner's receipt over HTTP."""

from pathlib import Path

import httpx

from support.study import ManualClock, Student, service, token
from zaichang.api.receipts import PER_MINUTE, AskLimit, TooOften
from zaichang.audit.check import exit_code
from zaichang.audit.receipt import MAX_RECEIPT_BYTES, verify_receipt
from zaichang.log.bundles import log_trust, place_of
from zaichang.main.service import create_service_app
from zaichang.tlog.trust import parse_trust


async def test_a_learner_takes_the_receipt_home_and_no_other(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        mine = await token(services)
        await student.begin(mine)
        transport = httpx.ASGITransport(app=create_service_app(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

            async def ask(launch: str, session_id: str = student.session_id) -> httpx.Response:
                headers = {"authorization": f"Bearer {launch}"} if launch else {}
                return await client.get(f"/v1/sessions/{session_id}/receipt", headers=headers)

            early = await ask(mine)
            assert (early.status_code, early.json()["error"]["code"]) == (404, "receipt.not_ended")
            await student.play(70_000)
            await student.finish()
            await student.closed()
            answer = await ask(mine)
            assert answer.status_code == 200 and len(answer.content) <= MAX_RECEIPT_BYTES
            assert answer.headers["cache-control"] == "no-store"
            assert f"{student.session_id}.receipt.json" in answer.headers["content-disposition"]
            row = await services.store.session(student.session_id)
            trust = parse_trust(log_trust(place_of(services.log_places, row)))
            assert exit_code(verify_receipt(answer.content, trust)) == 0
            other = await token(services)
            refused = {
                "nobody": (await ask(""), 401, "auth.required"),
                "forged": (await ask(mine[:-4] + "AAAA"), 401, "token.forged"),
                "another launch": (await ask(other), 404, "session.unknown"),
                "another session": (await ask(mine, "f" * 32), 404, "session.unknown"),
            }
            for name, (got, status, code) in refused.items():
                assert (got.status_code, got.json()["error"]["code"]) == (status, code), name
            asked = [await ask(mine) for _ in range(PER_MINUTE)]
            assert {a.status_code for a in asked} == {200, 429}
            assert asked[-1].json()["error"]["code"] == "http.too_often"


def test_the_limit_forgets_after_a_minute_and_the_oldest_first() -> None:
    limit = AskLimit(per_minute=2, remembered=3)

    def refused(key: str, at_ms: int) -> bool:
        try:
            limit.ask(key, at_ms)
        except TooOften:
            return True
        return False

    assert [refused("a", at) for at in (0, 1, 2, 59_999)] == [False, False, True, True]
    assert not refused("b", 3), "each by itself"
    assert [refused("a", at) for at in (60_001, 60_002)] == [False, False]
    assert refused("a", 60_003)
    for key in ("c", "d", "e"):
        limit.ask(key, 60_004)
    assert len(limit._asked) == 3
