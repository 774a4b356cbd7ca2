"""The schema of leaves refuses fields that it does not list."""

import json

import pytest

from support.leaf_samples import samples
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.tlog import leaf


def code_of(data: bytes) -> tuple[str, str]:
    with pytest.raises(EvidenceError) as caught:
        leaf.parse_leaf(data)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"t": "session.other"}, "t"),
        ({"t": 5}, "t"),
        ({"v": 4}, "v"),
        ({"v": 0}, "v"),
        ({"v": "3"}, "v"),
        ({"at": 60_000}, "at"),
        ({"to_ms": 60_000}, "to_ms"),
        ({"v": True}, "v"),
        ({"name": "learner"}, "name"),
        ({"sid": "Li Ming"}, "sid"),
        ({"sid": "李明"}, "sid"),
        ({"origin": "two words"}, "origin"),
        ({"minutes": "VFX"}, "minutes"),
        ({"minutes": "VF"}, "n_records"),
        ({"verified_ms": -1}, "verified_ms"),
        ({"verified_ms": "60000"}, "verified_ms"),
        ({"events_root": "AB" * 32}, "events_root"),
        ({"prev": ""}, "prev"),
        ({"seq": 0}, "prev"),
        ({"anchor": {"size": 7}}, "anchor"),
        ({"anchor": {"size": 7, "root": "02" * 32, "extra": 1}}, "anchor"),
    ],
)
def test_what_the_schema_does_not_list_is_refused_by_name(change: dict[str, object], field: str) -> None:
    value = json.loads(samples()[2]) | change
    code, message = code_of(canonical_bytes(value))
    assert code == "E_SCHEMA"
    assert f"Leaf field {field} " in message


def test_a_missing_field_is_refused_by_name() -> None:
    value = json.loads(samples()[2])
    for name in value:
        if name == "anchor":
            continue
        code, message = code_of(canonical_bytes({k: v for k, v in value.items() if k != name}))
        assert (code, f"Leaf field {name} " in message) == ("E_SCHEMA", True), name
