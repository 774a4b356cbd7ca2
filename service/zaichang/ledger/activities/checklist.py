"""Checklists: what an activity of each item must say, its documents, and whether the employer confirms it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from zaichang.ledger.entries.values import Entry

DETAIL_MAX_CHARS = 64
"""Longest word of a detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that proves an activity.

    Attributes:
        name: Its word, for files and messages.
        zh: Its name in Chinese.
        en: Its name in English.
    """

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """What one item asks for.

    Attributes:
        name: Its word.
        kind: Kind of the ledger's entry.
        zh: Its name in Chinese.
        en: Its name in English.
        employer: Whether the employer confirms it before the office looks.
        signed: Whether an organiser's signature stands for the office: only a signed result is taken.
        fixed: Words of the entry that the item gives.
        required: Details without which it is not taken.
        optional: Further details that it may name.
        documents: Documents of which each must be there.
        cite: The clause with its words, or "our choice".
    """

    name: str
    kind: str
    zh: str
    en: str
    employer: bool
    signed: bool
    fixed: tuple[tuple[str, str], ...]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    documents: tuple[Document, ...]
    cite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The items of one pack of hour rules.

    Attributes:
        rules: Name of the hour rules.
        appeal_days: Days after a refusal in which it can be appealed.
        appeal_cite: Where that number is from.
        items: The items.
    """

    rules: str
    appeal_days: int
    appeal_cite: str
    items: tuple[ListedItem, ...]

    def item(self, name: str) -> ListedItem | None:
        """Return an item by name; None where the list does not have it."""
        return next((item for item in self.items if item.name == name), None)


def missing_details(item: ListedItem, details: Collection[str]) -> tuple[str, ...]:
    """Return the required details that are not there. ``a|b`` in the list asks for one of the two."""
    return tuple(name for name in item.required if not any(part in details for part in name.split("|")))


def unknown_details(item: ListedItem, details: Collection[str]) -> tuple[str, ...]:
    """Return the details that the item does not have."""
    known = {part for name in (*item.required, *item.optional) for part in name.split("|")}
    return tuple(name for name in details if name not in known)


def missing_documents(item: ListedItem, held: Collection[str]) -> tuple[Document, ...]:
    """Return the documents that are not there."""
    return tuple(document for document in item.documents if document.name not in held)


def entry_of(item: ListedItem, key: str, details: Mapping[str, object], held: Collection[str]) -> Entry:
    """Return the ledger's entry of an activity, without the dates of its steps.

    Args:
        item: Its item.
        key: Key of the fact.
        details: What the person states.
        held: Names of the documents that are there.
    """
    evidence = {"evidence": sorted(held)} if item.documents else {}
    return {"id": key, "kind": item.kind, **dict(item.fixed), **details, **evidence}
