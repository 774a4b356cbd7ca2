"""The file of people: encodings, faults that name a line and never a person, and the check character."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.filing_side import LI_NUMBER, PEOPLE, WANG_NUMBER
from zaichang.core.errors import ConfigError
from zaichang.hours.filing.people import decoded, is_id_number, read_people


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_spreadsheets_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(PEOPLE.encode(encoding))
    assert read_people(path)["wang"]["name"] == "王芳"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name\n李明\n", "no column"),
        ("learner,name\nli,李明,x\n", "line 2"),
        ("learner,name\nli\n", "line 2"),
        ("learner,name\nli,李明\nli,王芳\n", "line 3 names a learner a second time"),
        ('learner,name\nli,"李明\n', "is no CSV"),
        ("", "no column"),
    ],
)
def test_a_fault_names_its_line_and_no_person(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_people(path)
    assert fault in refused.value.message
    assert "李明" not in str(refused.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_people(tmp_path / "none.csv")
    with pytest.raises(ConfigError, match="neither"):
        decoded(b"\xff\xff\xff", "x")


def test_a_line_without_a_learner_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("learner,name\n,\nli,李明\n")
    assert list(read_people(path)) == ["li"]


def test_an_id_number_has_the_right_check_character() -> None:
    assert is_id_number(LI_NUMBER) and is_id_number(LI_NUMBER.lower()) and is_id_number(WANG_NUMBER)
    for wrong in ("", LI_NUMBER[:-1] + "1", "1" * 17, "１" * 18, "x" * 18):
        assert not is_id_number(wrong)
