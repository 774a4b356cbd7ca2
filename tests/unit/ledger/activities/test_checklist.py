"""A checklist names what is missing, and makes the ledger's entry."""

from __future__ import annotations

from zaichang.ledger.activities.checklist import (
    Checklist,
    Document,
    ListedItem,
    entry_of,
    missing_details,
    missing_documents,
    unknown_details,
)

ITEM = ListedItem(
    name="paper", kind="activity", zh="论文", en="Paper", employer=False, signed=False, fixed=(("item", "paper"),),
    required=("role", "published|date"), optional=("claimed",),
    documents=(Document(name="copy", zh="复印件", en="Copy"),), cite="our choice",
)  # fmt: skip


def test_missing_and_unknown_details_and_documents_are_named() -> None:
    assert missing_details(ITEM, {"claimed"}) == ("role", "published|date")
    assert missing_details(ITEM, {"role", "date"}) == ()
    assert unknown_details(ITEM, ["role", "date", "claimed", "title"]) == ("title",)
    assert missing_documents(ITEM, set()) == ITEM.documents
    assert missing_documents(ITEM, {"copy"}) == ()


def test_the_entry_has_the_details_the_fixed_words_and_the_documents() -> None:
    entry = entry_of(ITEM, "activity/a", {"role": "sole"}, {"copy"})
    assert entry == {"id": "activity/a", "kind": "activity", "item": "paper", "role": "sole", "evidence": ["copy"]}
    listing = Checklist(rules="r", appeal_days=30, appeal_cite="our choice", items=(ITEM,))
    assert listing.item("paper") is ITEM and listing.item("book") is None


def test_an_item_without_documents_says_nothing_of_evidence() -> None:
    bare = ListedItem(
        name="p", kind="project", zh="项", en="P", employer=False, signed=True, fixed=(), required=(), optional=(),
        documents=(), cite="c",
    )  # fmt: skip
    assert "evidence" not in entry_of(bare, "k", {}, ())
