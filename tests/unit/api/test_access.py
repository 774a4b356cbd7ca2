"""Who may call what: every route with every kind of key, cell by cell."""

from __future__ import annotations

from pathlib import Path

import httpx

from support.study import token
from support.web import statement_token, web
from zaichang.api.app import describe
from zaichang.api.openapi import contract_routes

KEYS = ("none", "platform", "staff", "reviewer", "employer", "learner", "enroller", "reader")
EVERYBODY = set(KEYS)
PARTIES = EVERYBODY - {"none"}
TABLE = {
    "launch": {"platform"},
    "me": {"learner", "enroller"},
    "enrol": {"platform"},
    "list_references": {"platform"},
    "enrol_me": {"enroller"},
    "begin_camera_enrolment": {"enroller"},
    "show_pose": {"enroller"},
    "give_passkey_ticket": {"platform"},
    "begin_passkey": {"enroller"},
    "register_passkey": {"enroller"},
    "list_passkeys": {"platform"},
    "remove_passkey": {"platform"},
    "get_receipt": {"learner", "enroller"},
    "list_my_sessions": {"learner", "enroller"},
    "get_my_session": {"learner", "enroller"},
    "appeal": {"learner", "enroller"},
    "list_sessions": {"staff", "reviewer"},
    "get_session": {"staff", "reviewer"},
    "get_capture": {"staff", "reviewer"},
    "list_cases": {"staff", "reviewer"},
    "get_case": {"staff", "reviewer"},
    "decide": {"reviewer"},
    "list_audit": {"staff", "reviewer"},
    "list_revocations": {"staff", "reviewer"},
    "propose": {"reviewer"},
    "confirm": {"reviewer"},
    "refuse": {"reviewer"},
    "list_erasures": {"staff", "reviewer"},
    "propose_erasure": {"reviewer"},
    "confirm_erasure": {"reviewer"},
    "refuse_erasure": {"reviewer"},
    "list_lessons": {"platform", "staff", "reviewer"},
    "put_lesson": {"platform"},
    "get_questions": {"platform", "staff", "reviewer"},
    "put_questions": {"platform"},
    "get_allowance": {"platform", "staff", "reviewer"},
    "put_allowance": {"platform", "staff", "reviewer"},
    "list_reviewers": {"staff"},
    "add_reviewer": {"staff"},
    "revoke_reviewer": {"staff"},
    "add_deliveries": {"platform"},
    "give_statement_token": {"platform"},
    "get_my_statement": {"reader"},
    "get_checklist": EVERYBODY,
    "list_activities": PARTIES,
    "draft": PARTIES,
    "get_activity": PARTIES,
    # The shared key of the staff is refused; the other routes of a party read the body first.
    "discard": PARTIES - {"staff"},
    "add_file": PARTIES,
    "get_file": PARTIES,
    "take_step": PARTIES,
    "import_activities": PARTIES,
    "step_import": PARTIES,
    "import_results": PARTIES,
    "put_result_key": {"staff"},
    "list_employers": {"staff"},
    "put_employer": {"staff"},
    "revoke_employer": {"staff"},
    "list_certificates": {"staff", "reviewer"},
    "get_certificate": {"staff", "reviewer"},
    "print_my_certificate": {"reader"},
    "get_status_list": EVERYBODY,
    "claim_filing_run": {"reviewer"},
    "end_filing_run": {"reviewer"},
    "list_filing_runs": {"staff", "reviewer"},
    "issue_certificate": {"reviewer"},
    "copy_certificate": {"staff", "reviewer"},
    "print_certificate": {"staff", "reviewer"},
    "badge_certificate": {"staff", "reviewer"},
    "propose_end": {"reviewer"},
    "confirm_end": {"reviewer"},
    "refuse_end": {"reviewer"},
    "prepare_batch": {"reviewer"},
    "list_batches": {"staff", "reviewer"},
    "get_batch": {"staff", "reviewer"},
    "tell_word": {"reviewer"},
    "list_filing_cases": {"staff", "reviewer"},
    "decide_filing_case": {"reviewer"},
    "reconcile_filing": {"reviewer"},
    "list_reconciliations": {"staff", "reviewer"},
    "verify": EVERYBODY,
    "health": EVERYBODY,
    "get_policy": EVERYBODY,
    "list_logs": EVERYBODY,
    "get_log_file": EVERYBODY,
    "get_openapi_document": EVERYBODY,
}
REFUSALS = {
    "none": {"auth.required"},
    "platform": {"auth.role", "token.malformed"},
    "staff": {"auth.role", "token.malformed", "review.personal_key"},
    "reviewer": {"auth.required", "token.malformed"},
    "employer": {"auth.required", "token.malformed"},
    "learner": {"auth.required", "enrol.not_granted", "token.audience"},
    "enroller": {"auth.required", "token.audience"},
    "reader": {"auth.required", "token.audience"},
}
"""Codes by which a holder of this key may be refused. An unknown kind of key is `auth.required`."""

AUTH = set[str]().union(*REFUSALS.values())


def code_of(answer: httpx.Response) -> str:
    if answer.status_code < 400:
        return ""
    return str(answer.json()["error"]["code"])


async def test_every_route_refuses_every_key_that_is_not_its_own(tmp_path: Path) -> None:
    routes = list(contract_routes(describe()))
    assert {route.operation_id or route.unique_id for route in routes} == set(TABLE), "a route is missing in the table"
    seen: set[str] = set()
    async with web(tmp_path) as page:
        held = {
            "platform": page.keys.platform,
            "staff": page.keys.staff,
            "reviewer": await page.services.institutions.add_reviewer("inst", "ren"),
            "employer": await page.services.activities.employers.add("inst", "hospital", "医院", "Hospital"),
            "learner": await token(page.services),
            "enroller": await token(page.services, enrol=True),
            "reader": statement_token(page.services),
        }
        for route in routes:
            name = route.unique_id
            path = route.path.replace("{name:path}", "checkpoint").replace("{", "").replace("}", "")
            for key in KEYS:
                headers = {"authorization": f"Bearer {held[key]}"} if key != "none" else {}
                # Nothing that fits: a caller who may is refused for another reason, or answered.
                [method] = route.methods or ()
                answer = await page.client.request(method, path, headers=headers, content=b"\x00")
                code = code_of(answer)
                if key in TABLE[name]:
                    assert answer.status_code != 401 and code not in AUTH, (name, key, code)
                else:
                    assert answer.status_code in (401, 403) and code in REFUSALS[key], (name, key, code)
                    seen.add(code)
    assert seen == AUTH, "some refusal was never met"


async def test_a_stranger_cannot_make_the_service_read_a_body(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        read = 0

        async def endless() -> object:
            nonlocal read
            for _ in range(100):
                read += 1
                yield b"x" * 1_000

        for method, path in (("POST", "/v1/launch"), ("POST", "/v1/enrol/p"), ("PUT", "/v1/lessons/c/l/questions")):
            answer = await page.client.request(method, path, content=endless())
            assert answer.status_code == 401
        assert read == 0


async def test_another_institutions_key_opens_nothing_of_ours(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        other = await page.services.institutions.add("other", "另", "Other")
        headers = {"authorization": f"Bearer {other.platform}"}
        asked = {"learner": "p", "course": "course", "lesson": "lesson"}
        assert code_of(await page.client.post("/v1/launch", json=asked, headers=headers)) == "lesson.unknown"
        assert (await page.client.get("/v1/lessons", headers=headers)).json()["lessons"] == []
        assert (await page.client.get("/v1/references", headers=headers)).json() == []


async def test_each_key_opens_its_own_doors_only(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        assert code_of(await page.client.get("/v1/sessions", headers=page.platform())) == "auth.role"
        assert code_of(await page.client.post("/v1/launch", json={}, headers=page.staff())) == "auth.role"
        wrong = {"authorization": "Bearer zs-0000000000000000"}
        assert (await page.client.get("/v1/sessions", headers=wrong)).status_code == 401
