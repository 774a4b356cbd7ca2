import json

import pytest

from support.leaf_samples import LATER, ORIGIN, SEGMENT, samples
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog import leaf
from zaichang.tlog.schema import KINDS


def test_every_kind_can_be_built_and_read_back() -> None:
    kinds = set()
    for data in samples():
        value = leaf.parse_leaf(data)
        assert canonical_bytes(value) == data
        kinds.add(value["t"])
    assert kinds == set(KINDS)


def test_optional_parts_are_left_out_instead_of_null() -> None:
    value = json.loads(samples()[0])
    assert "anchor" not in value
    assert value["prev"] == ""
    assert json.loads(samples()[2])["anchor"] == {"root": "02" * 32, "size": 7}


def test_builders_refuse_what_the_parser_refuses() -> None:
    with pytest.raises(EvidenceError, match="minutes"):
        leaf.session_segment(LATER, **(SEGMENT | {"minutes": "ok!"}))
    with pytest.raises(EvidenceError, match="prev"):
        leaf.session_segment(leaf.SessionRef(origin=ORIGIN, sid="s", seq=3, prev=None, at_ms=1), **SEGMENT)
    with pytest.raises(EvidenceError, match="basis"):
        leaf.record(
            LeafKind.ERASURE, ORIGIN, 1, request=bytes(32), date="2026-11-22", basis="Asked by Li Ming", sessions=1
        )


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("action", {"action": "lend"}),
        ("target", {"target": 5}),
        ("target_hash", {"target_hash": bytes(32)}),
        ("reason", {"reason": "REVOKED_ERROR"}),
        ("target", {"action": "replace", "target_hash": bytes(32)}),
        ("reason", {"action": "revoke", "target": 5, "target_hash": bytes(32)}),
    ],
)
def test_a_certificates_entry_names_its_target_where_it_ends_one_and_only_there(
    field: str, changes: dict[str, object]
) -> None:
    with pytest.raises(EvidenceError, match=f"Leaf field {field} "):
        leaf.record(LeafKind.CERTIFICATE, ORIGIN, 1, **{"action": "issue", "cert_c": bytes(32), **changes})


def test_leaves_of_earlier_versions_know_no_certificates() -> None:
    data = leaf.record(LeafKind.CERTIFICATE, ORIGIN, 1, action="issue", cert_c=bytes(32))
    with pytest.raises(EvidenceError, match="Leaf field t "):
        leaf.parse_leaf(data.replace(b'"v":3', b'"v":2'))


def test_a_final_without_a_schedule_says_so() -> None:
    final = {"segments": 1, "n_verified": 1, "n_refused": 0, "n_undecided": 0, "verified_ms": 60_000}
    assert "sched" not in leaf.parse_leaf(
        leaf.session_final(LATER, **final, reason="SESSION_FINISHED", codes_c=bytes(32))
    )


PROJECT: dict[str, object] = {
    "course": "c", "filing": "2026/12", "published": "2026-01-02", "from_day": "2026-01-03", "to_day": "2026-01-03",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filing": ""}, "filing"),
        ({"filing": "渝2026"}, "filing"),
        ({"published": "2026-02-30"}, "published"),
        ({"from_day": "2026-13-01"}, "from_day"),
        ({"to_day": "2026-01-02"}, "to_day"),
        ({"holder": "x"}, "holder"),
    ],
)
def test_a_projects_entry_names_days_of_the_calendar_in_their_order(changes: dict[str, object], field: str) -> None:
    leaf.parse_leaf(leaf.record(LeafKind.PROJECT, ORIGIN, 1, **PROJECT))
    with pytest.raises(EvidenceError, match=f"field {field} "):
        leaf.record(LeafKind.PROJECT, ORIGIN, 1, **{**PROJECT, **changes})
