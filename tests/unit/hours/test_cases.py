"""Files of worked cases: their words, their times, their results."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.core.errors import ConfigError
from zaichang.hours.cases import read_cases, run_case

HEAD = 'format = "zaichang-ledger-cases@1"\n'


def write(folder: Path, text: str) -> str:
    path = folder / "cases.toml"
    path.write_text(text)
    return str(path)


def test_the_shared_examples_come_out(shared: Path) -> None:
    results = [run_case(case) for case in read_cases(str(shared / "ledger-examples.toml"))]
    assert [(result.case, result.ok) for result in results] == [(f"E{number}", True) for number in range(1, 9)]


def test_times_of_toml_are_read_too(tmp_path: Path) -> None:
    text = (
        HEAD
        + """
[[case]]
id = "T"
pack = "cq-pharmacist-2025"
year = 2026
entry = [{ id = "a", kind = "study", from = 2026-12-31T15:45:00Z, minutes = 30, institution = "i", lesson = "l" },
         { id = "b", kind = "study_sum", category = "public", within = [2026-01-01, 2026-01-02], minutes = 45 }]
expect = { total = "4/3" }
"""
    )
    [case] = read_cases(write(tmp_path, text))
    assert run_case(case).ok


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('format = "other"', "hours.unknown_word"),
        (HEAD + "moon = 1", "hours.unknown_word"),
        (HEAD + 'timezone = "+09:00"', "hours.unknown_word"),
        ("[", "hours.unreadable"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_cases(write(tmp_path, text))
    assert caught.value.code == code


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_cases(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"moon": 1}, "moon"),
        ({"pack": "moon"}, "moon"),
        ({"year": "26"}, "26"),
        ({"as_of": "soon"}, "soon"),
        ({"settings": {"moon": 1}}, "moon"),
        ({"entry": [{"id": "a", "kind": "moon"}]}, "moon"),
        ({"learner": {"moon": 1}}, "moon"),
        ({"expect": {"moon": "1"}}, "moon"),
        ({"expect": {"total": "many"}}, "many"),
        ({"settings": {"credit_step": "whole"}}, "credit_step"),
    ],
)
def test_an_unknown_word_is_named_with_its_case(more: dict[str, object], named: str) -> None:
    result = run_case({"id": "U", "pack": "cq-pharmacist-2025", "year": "2026"} | more)
    assert result.case == "U"
    assert not result.ok
    assert result.unknown is not None and named in result.unknown


def test_a_difference_names_its_field() -> None:
    result = run_case({"id": "D", "pack": "cq-pharmacist-2025", "year": "2026", "expect": {"total": "1"}})
    assert [tuple(difference) for difference in result.differences] == [("total", "1", "0")]


@pytest.mark.parametrize(
    "text", ['case = "x"', '[case]\nid = "x"', "case = [1, 2]", '[[case]]\nid = "x"\n[[case]]\nid = "x"']
)
def test_cases_that_are_no_tables_or_share_an_id_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="case") as caught:
        read_cases(write(tmp_path, HEAD + text))
    assert caught.value.code == "hours.invalid"


def test_a_number_of_five_thousand_digits_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_cases(write(tmp_path, HEAD + "note = " + "9" * 5000))
    assert caught.value.code == "hours.unreadable"


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    with path.open("wb") as file:
        file.truncate(16_777_217)
    with pytest.raises(ConfigError, match="bytes"):
        read_cases(str(path))
