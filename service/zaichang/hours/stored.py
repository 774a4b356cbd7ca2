"""A learner's facts from the store, with the category of each course from the institution's catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from zaichang.core.errors import ConfigError
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.hours.cases import read_toml
from zaichang.hours.revoked import without_revoked
from zaichang.ledger.activities.folding import facts_of_folded, folded
from zaichang.ledger.entries.kinds import facts_of
from zaichang.ledger.facts import Fact
from zaichang.ports.ledger import HourFacts

FORMAT: Final = "zaichang-catalogue@1"
CATEGORIES: Final = ("professional", "public")


def read_catalogue(path: str) -> dict[str, str]:
    """Return the category of each ``institution/course``.

    Raises:
        ConfigError: ``hours.not_found``, ``hours.unreadable`` or ``hours.unknown_word``.
    """
    tables = read_toml(path)
    if tables.get("format") != FORMAT:
        raise ConfigError("hours.unknown_word", f"{path} has the format {tables.get('format')!r}, not {FORMAT!r}.")
    categories: dict[str, str] = tables.get("category", {})
    for course, category in categories.items():
        if category not in CATEGORIES:
            raise ConfigError("hours.unknown_word", f"{path}: {course} has the unknown category {category!r}.")
    return categories


async def stored_facts(
    store: HourFacts, institution_id: InstitutionId, learner_id: LearnerId, catalogue: Mapping[str, str]
) -> list[Fact]:
    """Return a learner's facts: study, decisions about it, and activities.

    Raises:
        StorageError: The store cannot be read.
        ConfigError: ``hours.invalid``, ``hours.unknown_word``: a stored fact is damaged.
    """
    return (await stored_history(store, institution_id, learner_id, catalogue))[1]


async def stored_history(
    store: HourFacts, institution_id: InstitutionId, learner_id: LearnerId, catalogue: Mapping[str, str]
) -> tuple[list[dict[str, Any]], list[Fact]]:
    """Return a learner's entries, less all that was taken back or withdrawn, and the facts that they make.

    A course that the catalogue does not name has the category of its lesson; without one it counts in the total alone.

    Raises:
        StorageError: The store cannot be read.
        ConfigError: ``hours.invalid``, ``hours.unknown_word``: a stored fact is damaged.
    """
    entries: list[dict[str, Any]] = []
    stored = [json.loads(fact.body) for fact in await store.hour_facts(institution_id, learner_id)]
    for entry in without_revoked([body for body in stored if "of" not in body]):
        if entry["runs"]:
            category = catalogue.get(f"{entry['institution']}/{entry['course']}", entry.get("category", ""))
            entries.append(entry | {"category": category})
    activities = folded([body for body in stored if "of" in body])
    facts = [*facts_of(entries), *facts_of_folded(activities)]
    return [*entries, *(activity.entry for activity in activities)], facts
