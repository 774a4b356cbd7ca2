"""Files of facts as TOML and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from zaichang.core.errors import ConfigError
from zaichang.hours.fact_files import known_until, read_facts, read_json, rules_with, statement_of
from zaichang.hours.packs import load_rules

STUDY = {
    "id": "s", "kind": "study", "institution": "i", "course": "c", "lesson": "l",
    "runs": [[1_767_225_600_000, 60_000, 0, 60_000, 45]],
}  # fmt: skip


def write(folder: Path, value: Any, name: str = "facts.json") -> str:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return str(path)


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_text('format = "zaichang-facts@1"\nentry = [1]')
    with pytest.raises(ConfigError, match="entry"):
        read_facts(str(path))


def test_json_and_toml_are_the_same_facts(tmp_path: Path) -> None:
    as_json = write(tmp_path, {"format": "zaichang-facts@1", "entry": [STUDY], "settings": {"study_hour_min": 50}})
    text = 'format = "zaichang-facts@1"\nsettings = { study_hour_min = 50 }\n[[entry]]\n'
    text += "\n".join(f"{key} = {json.dumps(value)}" for key, value in STUDY.items())
    facts, settings = read_facts(as_json)
    assert (facts, settings) == read_facts(write(tmp_path, text, "facts.toml"))
    assert settings == {"study_hour_min": 50}
    statement, values = statement_of(facts, rules_with("cq-pharmacist-2025", settings), 2026, None)
    assert (str(statement.sums["total"]), values["total"], "as_of" in values) == ("9/10", "9/10", False)
    assert len(values["facts_digest"]) == len(values["rules_digest"]) == 64


def test_the_day_of_the_statement_is_part_of_it(tmp_path: Path) -> None:
    facts, _ = read_facts(write(tmp_path, {"format": "zaichang-facts@1", "entry": [STUDY]}))
    _, values = statement_of(facts, load_rules("cq-pharmacist-2025"), 2026, "2025-12-31")
    assert (values["total"], values["as_of"]) == ("0", "2025-12-31")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"format": "other"}, "hours.unknown_word"),
        ({"format": "zaichang-facts@1", "moon": 1}, "hours.unknown_word"),
        ("[1]", "hours.unreadable"),
        ("{", "hours.unreadable"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, value: Any, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_facts(write(tmp_path, value))
    assert caught.value.code == code


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_json("/nowhere/facts.json")


def test_a_day_that_is_none() -> None:
    with pytest.raises(ConfigError, match="soon"):
        known_until("soon")
