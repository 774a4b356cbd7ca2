"""A changed byte is located."""

from zaichang.audit.locate import locate_change
from zaichang.core.canonical import canonical_bytes


def test_the_changed_byte_is_searched_only_in_short_texts() -> None:
    data = canonical_bytes({"a": "x" * 20, "b": 17})
    bad = data.replace(b"17", b"19")
    change = locate_change(bad, lambda text: text == data)
    assert change is not None
    assert (change.field, change.value, change.sentence()) == ("b", "17", "byte 33 reads '9' and was '7'")
    assert locate_change(bad, lambda text: False) is None
    assert locate_change(b"x" * 5_000, lambda text: True) is None
