"""An activity is one of the checklist's items with its details, and a file is of the type that it names."""

from __future__ import annotations

from typing import Any

import pytest

from support.activities import degree
from zaichang.core.errors import PeerViolation
from zaichang.hours.activities.checklists import load_checklist, shipped_checklists
from zaichang.hours.activities.handing_in import FILE_MAX_BYTES, Wanted, check_file, check_wanted

_VALUES: dict[str, Any] = {
    "days": [["2026-05-01", "6"]], "rank": "二等奖", "role": "sole", "activity": "A", "actual": "2", "passed": True,
    "registered_nationally": True, "minutes": 180, "hours": "6", "project": "P", "credits": "2", "claimed": "2",
    "for_year": "2025", "reason": "illness", "professional": "10", "to_unit": "h2", "year": "2026",
    "recognised_by": "市人力资源社会保障局",
}  # fmt: skip


@pytest.mark.parametrize("rules", shipped_checklists())
def test_each_item_is_taken_with_its_required_details(rules: str) -> None:
    for item in load_checklist(rules).items:
        details = {name.split("|")[0]: _VALUES.get(name.split("|")[0], "2026-05-01") for name in item.required}
        if item.kind == "transfer":
            details["from"] = "四川"
        wanted = Wanted(learner_id="person", rules=rules, item=item.name, details=details)
        assert check_wanted(wanted) == item


@pytest.mark.parametrize(
    "more",
    [
        {"item": "none"},
        {"details": {}},
        {"details": {"awarded": "2026-06-20", "note": "x"}},
        {"details": {"awarded": ["2026-06-20"]}},
        {"details": {"awarded": "x" * 65}},
        {"details": {"awarded": "2026-02-30"}},
        {"details": {"awarded": "2026-06-20", "claimed": 1 << 60}},
        {"item": "training", "details": {"days": []}},
        {"item": "training", "details": {"days": "2026-05-01"}},
        {"item": "training", "details": {"days": [["2026-05-01"]]}},
        {"item": "paper", "details": {"role": "nobody", "published": "2026-05-01"}},
        {"title": "x" * 201},
        {"title": "\x07"},
        {"ref": "x" * 65},
        {"papers": {"none": "1"}},
        {"papers": {"chsi": ""}},
    ],
)
def test_what_does_not_fit_is_named(more: dict[str, Any]) -> None:
    with pytest.raises(PeerViolation, match=r"activity\.invalid"):
        check_wanted(degree(**more))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("application/pdf", b"%PDF-1.4"),
        ("image/jpeg", b"\xff\xd8\xff\xe0"),
        ("image/png", b"\x89PNG\r\n\x1a\n"),
        ("image/webp", b"RIFF\x00\n\x00\x00WEBP"),
    ],
)
def test_a_file_is_what_it_is_called(kind: str, data: bytes) -> None:
    check_file(kind, data)
    for wrong, bad in ((kind, b""), (kind, b"<html>"), ("text/html", data), (kind, data + bytes(FILE_MAX_BYTES))):
        with pytest.raises(PeerViolation, match=r"activity\.file"):
            check_file(wrong, bad)
