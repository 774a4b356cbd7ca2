"""Every code has its row, and no room keeps a list of codes of its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from zaichang.core import reason_table
from zaichang.core.reason_table import EFFECTS, INDICATORS, Cost, Part, Reader
from zaichang.core.reasons import ReasonCode

SERVICE = Path(reason_table.__file__).resolve().parents[1]
CHOICES = {
    "core/reasons.py": "the codes",
    "core/reason_sentences.py": "their sentences",
    "core/reason_table.py": "the table",
    "live/liveness_frames.py": "which guidance comes first while a try runs",
    "session/owners/samples.py": "which reasons say that the player stood when a sample was missed",
    "session/owners/playback.py": "after which reasons the player goes back to the last counted second",
    "audit/changes/rulings.py": "which reasons a reviewer may give, in the order of the page",
    "vision/pipeline.py": "which part of the face a finding is about",
    "biometric/quality.py": "which finding is which code",
    "biometric/injection.py": "which finding is which code",
    "biometric/enrolment.py": "which finding is which code",
}
"""Files that may list codes, and the question that each list answers; a new code needs no entry in them."""


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_code_is_classified(code: ReasonCode) -> None:
    assert code in EFFECTS, f"{code} needs a row in core/reason_table.py"


def test_a_code_never_refuses_and_lacks_at_once() -> None:
    exclusive = {Part.REFUSAL, Part.LACK, Part.BLOCKING}
    for code, effect in EFFECTS.items():
        assert len(exclusive & effect.parts) <= 1, code
        assert not (Part.TRANSIENT in effect.parts and Part.LACK not in effect.parts), code


def test_time_that_a_lack_leaves_is_a_reviewers() -> None:
    for code in reason_table.LACKS:
        assert EFFECTS[code].cost is Cost.REVIEW
    for code in reason_table.LEAVES_NOTHING:
        assert EFFECTS[code].cost is not Cost.REVIEW


def test_a_code_that_only_a_case_shows_costs_nothing_by_itself() -> None:
    for code, effect in EFFECTS.items():
        if effect.reader is Reader.REVIEW and code is not ReasonCode.APPEALED:
            assert effect.cost is Cost.NOTHING, code


def test_the_indicators_are_those_that_open_a_case() -> None:
    assert INDICATORS[ReasonCode.CAMERA_CHANGED] == 5
    assert all(count > 0 for count in INDICATORS.values())


def listed(source: str) -> int:
    """Return the length of the longest set, tuple, list or keys of a dict that is made of reason codes."""
    longest = 0
    for node in ast.walk(ast.parse(source)):
        members = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        codes = [
            each
            for each in members
            if isinstance(each, ast.Attribute)
            and isinstance(each.value, ast.Name)
            and each.value.id in ("ReasonCode", "_R")
        ]
        longest = max(longest, len(codes))
    return longest


def test_no_other_room_keeps_a_list_of_codes() -> None:
    found = {str(path.relative_to(SERVICE)) for path in SERVICE.rglob("*.py") if listed(path.read_text()) > 2}
    assert found <= set(CHOICES), "derive the list from core/reason_table.py"


def test_a_list_of_codes_is_seen() -> None:
    assert listed("X = frozenset({ReasonCode.NO_FACE, ReasonCode.BLURRED, _R.TOO_DARK})") == 3
