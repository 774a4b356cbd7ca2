"""A lesson's rules over HTTP: a shipped pack by name, or the institution's own; a change keeps the question bank."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import repository

from support.study import T0_MS
from support.web import Web, code_of, web
from unit.api.test_manage_lessons import LESSON
from zaichang.launch.policy_packs import parse_pack
from zaichang.session.policy import policy_digest

PACK = """
[pack]
name = "own"
version = "1"
title_zh = "本院规则"
title_en = "Our rules"
basis = "our own choice"
appeal_hours = 72
answer_working_days = 5

[rules]
heartbeat_ms = 4000
proofs = ["presence", "identity"]

[cite]
heartbeat_ms = "our own choice"
proofs = "our own choice"
"""
BARE = {key: value for key, value in LESSON.items() if key != "policy"}


async def put(page: Web, **fields: Any) -> Any:
    # Escaped, so that a lone surrogate reaches the service.
    return await page.client.put("/v1/lessons/course/film", content=json.dumps(fields), headers=page.platform())


@pytest.mark.parametrize("pack", [PACK, tomllib.loads(PACK)], ids=["TOML", "JSON"])
async def test_a_running_service_takes_rules_of_the_institutions_own(tmp_path: Path, pack: Any) -> None:
    async with web(tmp_path) as page:
        answer = await put(page, **BARE, pack=pack)
        assert answer.status_code == 200, answer.text
        [film] = [each for each in (await lessons(page)) if each["lesson"] == "film"]
        assert film["policy_digest"] == policy_digest(parse_pack(PACK.encode(), "pack").policy)
        rules = (await page.client.get(f"/v1/policies/{film['policy_digest']}")).json()
        assert (rules["name"], rules["heartbeat_ms"], rules["proofs"]) == ("own", 4_000, ["presence", "identity"])


async def lessons(page: Web) -> list[dict[str, Any]]:
    answer = await page.client.get("/v1/lessons", headers=page.platform())
    return list(answer.json()["lessons"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pack": PACK.replace("4000", "4")}, "policy.invalid"),
        ({"pack": PACK.replace("[cite]", "[cites]")}, "policy.unknown_key"),
        ({"pack": PACK.replace('heartbeat_ms = "our own choice"', "")}, "policy.invalid"),
        ({"pack": "not = [toml"}, "policy.unreadable"),
        ({"pack": "x = " + "[" * 20_000}, "policy.unreadable"),
        ({"pack": "#" * 70_000}, "policy.unreadable"),
        ({"pack": {"pack": {}, "rules": {"\ud800": 1}, "cite": {}}}, "policy.invalid"),
        ({"pack": {**tomllib.loads(PACK), "rules": {"heartbeat_ms": 4_000.0}}}, "policy.invalid"),
        ({"pack": {**tomllib.loads(PACK), "pack": {"name": "a\x00b"}}}, "policy.invalid"),
        ({"policy": "none-such"}, "policy.not_found"),
        ({"policy": "../default"}, "http.invalid"),
        ({"policy": "default", "pack": PACK}, "http.invalid"),
        ({}, "http.invalid"),
        ({"pack": 7}, "http.invalid"),
        ({"policy": "default", "title_zh": "a\x00b"}, "http.invalid"),
    ],
)
async def test_rules_that_the_policy_check_refuses_are_refused(
    tmp_path: Path, change: dict[str, Any], code: str
) -> None:
    async with web(tmp_path) as page:
        answer = await put(page, **{**BARE, **change})
        assert answer.status_code == 422 and code_of(answer) == code
        assert [each["lesson"] for each in await lessons(page)] == ["lesson"]


async def test_a_change_keeps_the_question_bank_and_the_broadcast(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        await put(page, **LESSON, live_from_ms=T0_MS)
        bank = {"questions": [{"id": "q1", "text": "1+1?", "options": ["1", "2"], "correct": 1}]}
        path = "/v1/lessons/course/film/questions"
        assert (await page.client.put(path, json=bank, headers=page.platform())).json() == {"questions": 1}
        await put(page, **{**LESSON, "title_en": "Another"})
        [film] = [each for each in (await lessons(page)) if each["lesson"] == "film"]
        assert (film["en"], film["questions"], film["live_from_ms"]) == ("Another", 1, T0_MS)
        await put(page, **LESSON, live_from_ms=0)
        [film] = [each for each in (await lessons(page)) if each["lesson"] == "film"]
        assert (film["questions"], film["live_from_ms"]) == (1, 0)


def block_of_the_page(beginning: str, language: str = "sh") -> str:
    """Return the block of docs/policy.md that begins so, its lines joined."""
    page = (repository.ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    [body] = re.findall(rf"^```{language}\n({re.escape(beginning)}.*?)^```", page, re.MULTILINE | re.DOTALL)
    return str(body).replace("\\\n", " ")


async def test_the_request_of_the_page_sets_the_rules_of_the_page(tmp_path: Path) -> None:
    heredoc = block_of_the_page("cat > gentle.toml").split("<<'END'\n")[1]
    text = heredoc[: heredoc.index("END\n")]
    (tmp_path / "gentle.toml").write_text(text, encoding="utf-8")
    script = block_of_the_page("import json\nimport pathlib", "python")
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    body = (tmp_path / "lesson.json").read_bytes()
    async with web(tmp_path) as page:
        words = iter(shlex.split(block_of_the_page("curl")))
        headers: dict[str, str] = {}
        method = address = ""
        for word in words:
            match word:
                case "curl" | "--fail-with-body":
                    continue
                case "-X":
                    method = next(words)
                case "-H":
                    name, _, value = next(words).partition(": ")
                    headers[name] = value.replace("$ZAICHANG_PLATFORM_KEY", page.keys.platform)
                case "--data-binary":
                    assert next(words) == "@lesson.json"
                case _:
                    address = word.removeprefix("$ZAICHANG_SERVICE")
        answer = await page.client.request(method, address, content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        [lesson] = [each for each in (await lessons(page)) if each["course"] == "pharmacy"]
        assert lesson["policy_digest"] == policy_digest(parse_pack(text.encode(), "pack").policy)
        rules = (await page.client.get(f"/v1/policies/{lesson['policy_digest']}")).json()
        assert (rules["challenge_mean_ms"], rules["liveness_start"]) == (480_000, True)
