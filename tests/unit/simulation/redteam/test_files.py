import json
from pathlib import Path

import pytest

from unit.simulation.redteam.test_page import HONEST, SEARCH, STOPPED
from zaichang_simulation.redteam.files import write
from zaichang_simulation.redteam.page import NOT_RUN

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("missing", ["adversary.json", "fresh-set.json"])
def test_a_record_that_is_absent_was_not_run_yet(tmp_path: Path, missing: str) -> None:
    records = {"redteam.json": [STOPPED, HONEST], "adversary.json": SEARCH, "fresh-set.json": {"cheat_credit": "1 %"}}
    docs = tmp_path / "docs"
    docs.mkdir()
    for name, record in records.items():
        if name != missing:
            (docs / name).write_text(json.dumps(record))
    (tmp_path / "README.md").write_text("| time that the 3 cheats | x | y |\n")
    write(docs)
    assert NOT_RUN in (docs / "redteam.md").read_text()
    assert "| time that the 1 cheats to be stopped" in (tmp_path / "README.md").read_text()


def test_page_and_readmes_are_as_their_records_say(tmp_path: Path) -> None:
    """The kept pages may not be changed by hand, nor stay behind."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("redteam.json", "adversary.json", "fresh-set.json"):
        if (ROOT / "docs" / name).is_file():
            (docs / name).write_bytes((ROOT / "docs" / name).read_bytes())
    for name in ("README.md", "README.zh-CN.md"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    write(docs)
    for name in ("docs/redteam.md", "README.md", "README.zh-CN.md"):
        assert (tmp_path / name).read_text() == (ROOT / name).read_text(), name
