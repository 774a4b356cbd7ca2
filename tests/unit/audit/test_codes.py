"""Every code that a check of evidence may give has a meaning in both languages."""

from __future__ import annotations

import re
from pathlib import Path

from zaichang.audit.codes import MEANINGS


def codes_in(folder: Path) -> set[str]:
    return {code for path in folder.rglob("*.py") for code in re.findall(r'"(E_[A-Z_]+)"', path.read_text())}


def test_each_code_of_the_source_has_a_meaning(root: Path) -> None:
    rooms = [root / "service" / "zaichang" / room for room in ("audit", "tlog", "evidence")]
    used = set().union(*(codes_in(room) for room in rooms))
    assert len(used) > 25
    assert used - MEANINGS.keys() == set()


def test_a_meaning_is_a_sentence_in_both_languages() -> None:
    for code, meaning in MEANINGS.items():
        assert meaning.en.endswith((".", ").")), code
        assert meaning.zh.endswith("。"), code
        assert re.search(r"[\u4e00-\u9fff]", meaning.zh), code
