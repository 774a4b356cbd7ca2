"""``zaichang course add``: creates what is missing, says what it did, never changes a lesson unasked."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from zaichang.cli import main

LESSON = ("course", "add", "school", "pharmacy", "lesson-1")


def add(data: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, str]:
    assert main([*LESSON, "--data", str(data), "--json", *more]) == 0
    done: dict[str, str] = json.loads(capsys.readouterr().out)
    return done


def test_the_first_lesson_creates_the_institution_and_shows_its_keys_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = add(tmp_path, capsys, "--duration-ms", "60000")
    assert first["lesson"] == "created" and first["platform"].startswith("zp-") and first["staff"].startswith("zs-")
    again = add(tmp_path, capsys, "--duration-ms", "60000")
    assert (again["lesson"], again["platform"], again["staff"]) == ("unchanged", "", "")
    assert again["policy"] == first["policy"]
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*.sqlite3*"))
    assert b"lesson-1" in stored and first["platform"].encode() not in stored


def test_a_lesson_is_changed_only_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(tmp_path, capsys, "--duration-ms", "60000")
    assert main([*LESSON, "--data", str(tmp_path), "--duration-ms", "61000"]) == 3
    assert "course.exists" in capsys.readouterr().err
    changed = add(tmp_path, capsys, "--duration-ms", "61000", "--policy", "demo", "--title-en", "One", "--replace")
    assert changed["lesson"] == "replaced"
    assert add(tmp_path, capsys, "--duration-ms", "61000", "--policy", "demo")["lesson"] == "unchanged"


@pytest.mark.parametrize("duration", ["0", "-5", str(2**50)])
def test_a_length_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], duration: str) -> None:
    assert main([*LESSON, "--data", str(tmp_path), f"--duration-ms={duration}"]) == 3
    assert "course.duration" in capsys.readouterr().err


def test_people_read_what_was_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*LESSON, "--data", str(tmp_path), "--duration-ms", "60000", "--policy", "demo"]) == 0
    out = capsys.readouterr().out
    assert "shown this once" in out and "Lesson created: school / pharmacy / lesson-1" in out


def test_a_replaced_lesson_keeps_its_questions_and_its_broadcast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(tmp_path, capsys, "--duration-ms", "60000")
    bank = tmp_path / "bank.json"
    bank.write_text('{"questions": [{"id": "q1", "text": "1+1?", "options": ["1", "2"], "correct": 1}]}')
    place = ("school", "pharmacy", "lesson-1")
    data = ("--data", str(tmp_path), "--json")
    titles = ("--title-zh", "课", "--title-en", "L", "--duration-ms", "60000", "--live-from-ms", "1700000000000")
    for command in (("manage", "questions", *place, "--bank", str(bank)), ("manage", "lesson", *place, *titles)):
        assert main([*command, *data]) == 0
    add(tmp_path, capsys_drained(capsys), "--duration-ms", "60000", "--policy", "demo", "--replace")
    assert main(["manage", "questions", *place, *data]) == 0
    assert json.loads(capsys.readouterr().out)["questions"][0]["id"] == "q1"
    assert broadcast_of(tmp_path) == 1_700_000_000_000


def capsys_drained(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    capsys.readouterr()
    return capsys


def broadcast_of(data: Path) -> int:
    [path] = data.glob("*.sqlite3")
    with contextlib.closing(sqlite3.connect(path)) as found:
        return int(found.execute("SELECT live_from_ms FROM lessons").fetchone()[0])
