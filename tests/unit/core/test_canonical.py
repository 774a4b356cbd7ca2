import json

import pytest

from zaichang.core import canonical
from zaichang.core.canonical import canonical_bytes, parse_canonical, parse_canonical_object
from zaichang.core.errors import EvidenceError


def refused(data: bytes, limit: int = canonical.MAX_BYTES) -> str:
    with pytest.raises(EvidenceError) as caught:
        parse_canonical(data, limit)
    assert caught.value.code == "E_CANON"
    return caught.value.message


def test_writes_sorted_keys_without_spaces_and_with_rfc_8785_escapes() -> None:
    value = {"b": [1, True, "x\u20ac"], "a": {"\n": '"\\/\u0007\u007f'}, "": -(2**53) + 1}
    data = canonical_bytes(value)
    assert data == '{"":-9007199254740991,"a":{"\\n":"\\"\\\\/\\u0007\u007f"},"b":[1,true,"x€"]}'.encode()
    assert parse_canonical(data) == value


@pytest.mark.parametrize(
    "value",
    [1.0, None, float("nan"), 2**53, -(2**53), {"é": 1}, {1: 2}, b"x", {"a": {1, 2}}, "\ud800", [[None]]],
)
def test_refuses_values_outside_the_profile(value: object) -> None:
    with pytest.raises(EvidenceError) as caught:
        canonical_bytes(value)
    assert caught.value.code == "E_CANON"


def test_names_the_place_of_a_bad_value() -> None:
    with pytest.raises(EvidenceError, match=r"\$\.a\[1\]\.b is float"):
        canonical_bytes({"a": [1, {"b": 0.5}]})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":null}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":' + b"9" * 4000 + b"}",
        b'{"a":-0}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u000A"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        '{"é":1}'.encode(),
        b"[" * 17 + b"]" * 17,
        b"[" * 30_000 + b"]" * 30_000,
    ],
)
def test_refuses_what_is_not_its_own_canonical_form(data: bytes) -> None:
    refused(data)


def test_depth_and_length_limits_are_exact() -> None:
    deepest = b"[" * canonical.MAX_DEPTH + b"]" * canonical.MAX_DEPTH
    assert canonical_bytes(parse_canonical(deepest)) == deepest
    longest = canonical_bytes("x" * (canonical.MAX_BYTES - 2))
    assert len(longest) == canonical.MAX_BYTES
    assert parse_canonical(longest) == "x" * (canonical.MAX_BYTES - 2)
    assert "bytes are more than" in refused(b'"x' + longest[1:])
    with pytest.raises(EvidenceError):
        canonical_bytes("x" * (canonical.MAX_BYTES - 1))


def test_an_object_may_be_asked_for() -> None:
    assert parse_canonical_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(EvidenceError, match="object at the top"):
        parse_canonical_object(b"[1]")


def test_booleans_are_not_integers() -> None:
    assert canonical_bytes({"a": True, "b": 1}) == b'{"a":true,"b":1}'
    assert json.loads(canonical_bytes([False])) == [False]


def test_the_quick_reading_and_the_careful_one_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = canonical_bytes(
        {"a": 1, "b": -(2**53 - 1), "c": True, "d": 'x"\\\n', "e": {"f": "g", "h": 0}, "i": [1, "j"]}
    )
    plain = whole.replace(b',"i":[1,"j"]', b"")
    swaps = [bytes([n]) for n in b'\x00 "\\{}[]:,-0129.eEntfu\x7f\x80\xff']
    cases = [data[:at] + put + data[at + cut :] for data in (whole, plain) for at in range(len(data)) for put in swaps
             for cut in (0, 1)]  # fmt: skip

    def read(data: bytes) -> object:
        try:
            return parse_canonical(data)
        except EvidenceError as error:
            return error.message

    assert canonical._quickly(plain) is not None
    quick = [read(case) for case in cases]
    monkeypatch.setattr(canonical, "_quickly", lambda data: None)
    assert quick == [read(case) for case in cases]
