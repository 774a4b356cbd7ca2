"""Target files: terms, windows and the test system."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.filing_side import TARGET, write_files
from zaichang.core.errors import ConfigError, NotAllowed
from zaichang.hours.filing.targets import read_target


def test_a_target_names_its_terms(tmp_path: Path) -> None:
    more = TARGET.replace("[window]", '[course.law]\ncode = "CQ-12"\ntitle = "药事法规"\n[window]')
    target = read_target(write_files(tmp_path, target=more.replace("not_required", "required")))
    assert (target.name, target.adapter, target.terms.consent, target.terms.ahead_h) == ("cq", "offline", True, 8)
    assert target.terms.courses == {"law": {"code": "CQ-12", "title": "药事法规"}}
    assert target.capabilities.replace and not target.capabilities.match
    assert not target.terms.no_formulas
    assert read_target(write_files(tmp_path, kind="csv")).terms.no_formulas


def test_a_year_is_filed_within_its_window(tmp_path: Path) -> None:
    target = read_target(write_files(tmp_path))
    target.check_open(2026, "2026-01-01")
    for year, day in ((2026, "2025-12-31"), (2025, "2026-01-01")):
        with pytest.raises(NotAllowed) as refused:
            target.check_open(year, day)
        assert refused.value.code == "filing.window"


def test_no_person_is_sent_to_a_test_system(tmp_path: Path) -> None:
    read_target(write_files(tmp_path)).check_real()
    sandbox = TARGET.replace("consent", "sandbox = true\nconsent", 1)
    with pytest.raises(NotAllowed, match="test system"):
        read_target(write_files(tmp_path, target=sandbox)).check_real()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("@1", "@2", "format"),
        ('target = "cq"', 'target = "CQ 1"', "lower-case"),
        ('adapter = "offline"', 'adapter = "fax"', "adapter"),
        ("[offline]", "[sftp]", "table of that name"),
        ('"not_required"', '"maybe"', "consent"),
        ('consent = "not_required"', "", "names no consent"),
        ("consent =", 'zone = "+08:30"\nconsent =', "whole hours"),
        ("consent =", 'sandbox = "no"\nconsent =', "true or false"),
        ("consent =", "pin = 1\nconsent =", "unknown key"),
        ('"2026-01-01"', '"2026-13-01"', "two days"),
        ("replace = true", 'replace = "yes"', "capabilities.replace"),
        ("replace = true", "edit = true", "capabilities.edit"),
        ("[window]", "[course]\nlaw = 1\n[window]", "table of texts"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in TARGET
    with pytest.raises(ConfigError) as refused:
        read_target(write_files(tmp_path, target=TARGET.replace(old, new, 1)))
    assert fault in refused.value.message
