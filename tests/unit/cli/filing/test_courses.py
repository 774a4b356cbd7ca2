"""``zaichang file register``: the platform's code of a course, asked for once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from support.filing_side import TARGET, write_files
from zaichang.cli import main
from zaichang.cli.filing import courses

COURSE = '[course.law]\ntitle = "药事法规"\n[course.old]\ncode = "C-1"\n[capabilities]\nregister = true\n'


def target(folder: Path, more: str) -> str:
    text = TARGET.replace("[capabilities]\nreplace = true\nwithdraw = true\n", more)
    assert text != TARGET
    return str(write_files(folder, target=text))


def test_a_course_is_registered_once_with_its_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    class Platform:
        async def register(self, course: str, values: Mapping[str, str]) -> str:
            asked.append((course, dict(values)))
            return 'C-"7"'

    monkeypatch.setattr(courses, "open_platform", lambda _: Platform())
    command = ["file", "register", "--target", target(tmp_path, COURSE)]
    assert main([*command, "law"]) == 0
    assert asked == [("law", {"title": "药事法规"})]
    assert capsys.readouterr().out.splitlines()[-1] == r'code = "C-\"7\""'
    assert main([*command, "law", "--json"]) == 0
    for course, code in (("old", "filing.registered"), ("none", "filing.target")):
        assert main([*command, course]) == 3
        assert code in capsys.readouterr().err
    assert len(asked) == 2


def test_a_platform_that_registers_by_hand_is_not_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["file", "register", "--target", target(tmp_path, "[course.law]\ntitle = 't'\n"), "law"]) == 3
    assert "filing.by_hand" in capsys.readouterr().err
