"""The document of a certificate: it reads back as itself, and refuses what is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.certificates import CERTIFICATE, NAME, SALT
from zaichang.audit.certificate.document import (
    MAX_ITEMS,
    document_bytes,
    document_value,
    name_commitment,
    name_ok,
    read_document,
)
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import EvidenceError


def test_a_document_reads_back_as_itself_and_holds_no_name() -> None:
    data = document_bytes(CERTIFICATE)
    assert read_document(parse_canonical_object(data)) == CERTIFICATE
    assert NAME not in data.decode() and CERTIFICATE.learner in data.decode()
    plain = replace(CERTIFICATE, name_c="", flags=(), replaces="0" * 16, badge_key="12" * 32)
    assert read_document(parse_canonical_object(document_bytes(plain))) == plain


def test_any_change_of_the_document_or_salt_is_another_commitment() -> None:
    own = CERTIFICATE.commitment(SALT)
    assert own == replace(CERTIFICATE).commitment(SALT)
    assert own != replace(CERTIFICATE, learner="learner-18").commitment(SALT)
    assert own != CERTIFICATE.commitment(bytes(32))
    assert name_commitment("李", SALT) != name_commitment("李", bytes(32))


WRONG: dict[str, Any] = {
    "format": "other",
    "number": "9F3A01BC77D20E41",
    "origin": "\x1b[2J",
    "learner": "",
    "year": "26",
    "from": "2026-13-01",
    "to": "soon",
    "unit": "minute",
    "status": "done",
    "sums": {},
    "needs": {"luck": "1"},
    "earned": [{"item": "study", "unit": "hour", "counted": "-1"}],
    "facts": "cd",
    "statement": 7,
    "issued_ms": True,
    "name_c": "",
    "replaces": "x",
    "flags": ["moon"],
    "badge_key": "00",
    "institution": {"id": "college", "zh": "学院\u202e", "en": "College"},
    "rules": {**document_value(CERTIFICATE)["rules"], "basis": "长" * 201},  # type: ignore[dict-item]
    "more": "1",
}


@pytest.mark.parametrize("field", WRONG)
def test_a_field_of_another_form_is_refused_by_its_name(field: str) -> None:
    value: Any = document_value(CERTIFICATE) | {field: WRONG[field]}
    with pytest.raises(EvidenceError) as caught:
        read_document(value)
    assert caught.value.code == "E_FORMAT"


@pytest.mark.parametrize(
    "changes",
    [
        {"institution": "college"},
        {"earned": ["study"]},
        {"earned": "study"},
        {"earned": [{}] * (MAX_ITEMS + 1)},
        {"earned": [{"item": "study", "unit": "hour", "counted": "1", "more": 1}]},
        {"flags": []},
        {"flags": ["deemed_part_year", "deemed_part_year"]},
        {"sums": {"total": 90}},
        {"sums": {"total": "1/0"}},
        {"rules": {**document_value(CERTIFICATE)["rules"], "more": "1"}},  # type: ignore[dict-item]
    ],
)
def test_other_shapes_are_refused(changes: dict[str, Any]) -> None:
    value: Any = document_value(CERTIFICATE) | changes
    with pytest.raises(EvidenceError, match="E_FORMAT"):
        read_document(value)


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        ("李四", True),
        ("Ouyang Jie", True),
        ("", False),
        (" 李四", False),
        ("李\n四", False),
        ("李\u202e四", False),
        ("李" * 61, False),
    ],
)
def test_a_name_is_one_line_of_characters_that_show(name: str, fine: bool) -> None:
    assert name_ok(name) is fine
