"""Words that the ledger does not know, and keys that an entry lacks."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.core.errors import ConfigError
from zaichang.hours.case_words import check_words


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("category", {"kind": "study_sum", "minutes": 1}),
        ("role", {"kind": "activity", "item": "paper"}),
        ("rank", {"kind": "activity", "item": "competition"}),
        ("related", {"kind": "credit", "credits": "1"}),
        ("reason", {"kind": "makeup", "for_year": "2025", "credits": "1"}),
    ],
)
def test_an_unknown_word(key: str, entry: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="moon") as caught:
        check_words({"id": "a", key: "moon"} | entry)
    assert caught.value.code == "hours.unknown_word"


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "study", "minutes": 1},
        {"kind": "study", "from": "2026-01-01"},
        {"kind": "study_sum"},
        {"kind": "revoke"},
        {"kind": "grant"},
        {"kind": "transfer"},
        {"kind": "credit"},
        {"kind": "fraud"},
        {"kind": "practice"},
        {"kind": "further_study"},
        {"kind": "self_study"},
        {"kind": "public_hours"},
        {"kind": "activity", "item": "dispatch"},
        {"kind": "study_sum", "minutes": 45, "hours": 1},
    ],
)
def test_a_key_that_is_missing_or_stands_beside_another(entry: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="'a'") as caught:
        check_words({"id": "a"} | entry)
    assert caught.value.code == "hours.invalid"


@pytest.mark.parametrize("rank", ["third", "二等奖", "merit", "优秀奖", "Fourth"])
def test_ranks_that_count_and_ranks_that_do_not_are_both_known(rank: str) -> None:
    check_words({"id": "a", "kind": "activity", "item": "competition", "rank": rank})
