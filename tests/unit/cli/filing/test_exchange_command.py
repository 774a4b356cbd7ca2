"""``zaichang file`` against a running service: from the batch to the receipt, with names on this side alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from support.filing_side import LI_NUMBER, TARGET, WANG_NUMBER, write_files
from support.filing_world import World, filing_world
from zaichang.adapters.filing.sheets import read_sheet, write_sheet
from zaichang.cli import main
from zaichang.cli.service import bind
from zaichang.main.service import create_service_app

LI, WANG, ZHAO = "li/law/2026/1", "wang/law/2026/1", "zhao/law/2026/1"


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[World, list[str]]]:
    """A service at a port, and the options that name it with a reviewer's key."""
    async with filing_world(folder / "data") as world:
        listener = bind("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(create_service_app(world.services), log_level="critical", ws="none"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            key = await world.services.institutions.add_reviewer("inst", "ren")
            (folder / "key").write_text(f"{key}\n")
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            yield world, ["--service", url, "--key-file", str(folder / "key"), "--json"]
        finally:
            server.should_exit = True
            await task


async def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, object]]]:
    capsys.readouterr()
    code = await asyncio.to_thread(main, ["file", *words])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_a_batch_from_preparation_to_receipt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = str(write_files(tmp_path))
    async with serving(tmp_path) as (world, service):
        for number, learner in enumerate(("li", "wang", "zhao")):
            await world.learn(learner, "law", 45, world.clock.at_ms + number * 3_600_000)
        code, [made] = await run(capsys, "prepare", "--target", target, "--year", "2026", *service)
        assert (code, made["batch"]) == (0, "cq-2026-0001")
        people = ["--people", str(tmp_path / "people.csv")]
        code, [sent] = await run(capsys, "send", "cq-2026-0001", "--target", target, *people, *service)
        assert (code, sent["sent"]) == (1, 2), "zhao is not in the file of people"
        assert [word[0] for word in sent["refused"]] == [ZHAO]  # type: ignore[attr-defined]

        rows = read_sheet((tmp_path / "out" / "cq-2026-0001.xlsx").read_bytes(), "a.xlsx")
        assert [(row["记录编号"], row["姓名"], row["学时"]) for row in rows] == [(LI, "李明", "1"), (WANG, "王芳", "1")]
        code, [word] = await run(capsys, "receipt", "cq-2026-0001", "--target", target, *service)
        assert (code, word["told"]) == (0, {})
        answers = [
            {"记录编号": LI, "结果": "已登记", "原因代码": "", "原因": ""},
            {"记录编号": WANG, "结果": "不通过", "原因代码": "E7", "原因": f"王芳 {WANG_NUMBER} 证号有误"},
        ]
        (tmp_path / "out" / "cq-2026-0001.receipt.xlsx").write_bytes(write_sheet("xlsx", list(answers[0]), answers))
        code, [word] = await run(capsys, "receipt", "cq-2026-0001", "--target", target, *service)
        assert (code, word["told"]["refused"]) == (1, [WANG])  # type: ignore[index]
        [said] = word["said"]  # type: ignore[misc]
        assert said == [WANG, "refused", "E7", f"王芳 {WANG_NUMBER} 证号有误"], "shown on this side"

        code, cases = await run(capsys, "cases", *service)
        assert (code, [case["row"]["code"] for case in cases]) == (1, ["E7", "local.person_unknown"])  # type: ignore[index]
        code, [done] = await run(capsys, "decide", "cq", WANG, "refile", "--note", "证号已更正", *service)
        assert (code, done["state"]) == (0, "refile")
        code, [shown] = await run(capsys, "show", "cq-2026-0001", *service)
        assert [each["kind"] for each in shown["exchanges"]] == ["sent", "receipt"]  # type: ignore[attr-defined]

        listed = [{"记录编号": LI, "学时": "1"}, {"记录编号": "李明", "学时": "王芳"}]
        (tmp_path / "out" / "2026.list.csv").write_bytes(write_sheet("csv", list(listed[0]), listed))
        code, [found] = await run(capsys, "reconcile", "--target", target, "--year", "2026", *service)
        assert (code, [one["kind"] for one in found["differences"]]) == (1, ["missing_here"])  # type: ignore[attr-defined]

        manifest = tmp_path / "out" / "cq-2026-0001.manifest"
        (tmp_path / "trust").write_text(
            f"log {world.services.log_places.place('inst', 2026).published.verifier_key()}\nquorum none\n"
        )
        code, [values] = await run(capsys, "verify", str(manifest), "--trust", str(tmp_path / "trust"), "--json")
        assert (code, values["rows"]) == (0, 3)
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for name in ("李明", "王芳", LI_NUMBER, WANG_NUMBER):
                assert name.encode() not in data, path


def test_persons_are_not_sent_to_a_test_system_and_a_batch_belongs_to_its_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("k")
    service = ["--service", "http://127.0.0.1:9", "--key-file", str(tmp_path / "key"), "--people", "none.csv"]
    sandbox = str(write_files(tmp_path, target=TARGET.replace("consent", "sandbox = true\nconsent", 1)))
    assert main(["file", "send", "cq-2026-0001", "--target", sandbox, *service]) == 2
    assert "filing.sandbox" in capsys.readouterr().err
    target = str(write_files(tmp_path))
    assert main(["file", "send", "hn-2026-0001", "--target", target, *service]) == 3
    assert "no batch for cq" in capsys.readouterr().err
    assert main(["file", "send", "cq-2020-0001", "--target", target, *service]) == 2
    assert "filing.window" in capsys.readouterr().err
