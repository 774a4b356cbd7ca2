import pytest

from benchmarks.adversary.known import KNOWN
from benchmarks.adversary.ways import PLAIN, way_from_plain, way_to_plain


@pytest.mark.parametrize("name", KNOWN)
def test_a_way_comes_back_as_it_was_written(name: str) -> None:
    assert way_from_plain(way_to_plain(KNOWN[name])) == KNOWN[name]


def test_only_the_unusual_is_written() -> None:
    assert way_to_plain(PLAIN) == {"rules": []}


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(TypeError):
        way_from_plain({"patience_ms": 3})
