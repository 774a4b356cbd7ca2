"""Each adapter's options are checked before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.filing_side import TARGET, write_files
from zaichang.core.errors import ConfigError
from zaichang.hours.filing.targets import read_target
from zaichang.main.filing_platforms import open_platform


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('folder = "out"', "", "folder is missing"),
        ('folder = "out"', 'folder = ""', "must be a path"),
        ('kind = "{kind}"', 'kind = "pdf"', "kind must be one of"),
        ('kind = "{kind}"', 'paper = "a4"', "unknown option"),
    ],
)
def test_a_fault_in_the_options_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        open_platform(read_target(write_files(tmp_path, target=TARGET.replace(old, new, 1))))
