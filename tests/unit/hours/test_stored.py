"""A learner's facts from the store, with categories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.stores import open_store
from zaichang.core.errors import ConfigError
from zaichang.hours.stored import read_catalogue, stored_facts
from zaichang.ledger.facts import Study
from zaichang.ports.ledger import HourFact


def fact(key: str, runs: list[list[int]]) -> HourFact:
    entry = {"id": key, "kind": "study", "institution": "inst", "course": "c", "lesson": "l", "runs": runs}
    return HourFact(
        institution_id="inst", learner_id="learner", fact_key=key, session_id="s1", verified_ms=1, first_index=0,
        last_index=1, body=json.dumps(entry).encode(),
    )  # fmt: skip


async def test_facts_without_time_are_left_out_and_courses_get_their_category(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        await store.add_hour_fact(fact("study/a", [[1, 60_000, 0, 60_000, 1]]))
        await store.add_hour_fact(fact("study/b", []))
        [plain] = await stored_facts(store, "inst", "learner", {})
        [named] = await stored_facts(store, "inst", "learner", {"inst/c": "public"})
        assert isinstance(plain, Study) and isinstance(named, Study)
        assert (plain.category, named.category, named.lesson) == ("", "public", "inst/c/l")


@pytest.mark.parametrize("text", ['format = "other"', 'format = "zaichang-catalogue@1"\n[category]\n"i/c" = "moon"\n'])
def test_a_catalogue_of_other_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_catalogue(str(path))
    assert caught.value.code == "hours.unknown_word"
