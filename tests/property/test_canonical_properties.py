import json

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from zaichang.core.canonical import canonical_bytes, parse_canonical
from zaichang.core.errors import EvidenceError

scalars = st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"]))
keys = st.text(st.characters(max_codepoint=127), max_size=8)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5))


@given(values)
def test_agrees_with_the_rfc_8785_library_and_survives_reading(value: object) -> None:
    data = canonical_bytes(value)
    assert data == rfc8785.dumps(value)
    assert canonical_bytes(parse_canonical(data)) == data


@given(st.dictionaries(keys, scalars, min_size=1, max_size=5), st.data())
def test_other_spellings_of_the_same_value_are_refused(value: dict[str, object], data: st.DataObject) -> None:
    spelling = data.draw(
        st.sampled_from(
            [
                json.dumps(value).encode(),
                json.dumps(value, indent=1).encode(),
                json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode(),
                canonical_bytes(value) + b" ",
            ]
        )
    )
    if spelling == canonical_bytes(value):
        return
    try:
        parse_canonical(spelling)
    except EvidenceError as error:
        assert error.code == "E_CANON"
    else:
        raise AssertionError(f"accepted {spelling!r}")
