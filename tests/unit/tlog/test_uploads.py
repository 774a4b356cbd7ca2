"""An upload names a range of entries that the log has."""

from __future__ import annotations

import json

import pytest

from zaichang.core.errors import ConfigError
from zaichang.tlog.uploads import Upload, upload_leaf

ORIGIN = "zaichang.local/inst/2026"


def leaf(first: int, last: int, size: int) -> bytes:
    upload = Upload(
        target="cq", from_index=first, to_index=last, request=b"\x01" * 32, response=b"\x02" * 32, status=200
    )
    return upload_leaf(upload, ORIGIN, size, 5)


def test_the_last_entry_of_the_log_is_the_last_that_an_upload_can_name() -> None:
    found = json.loads(leaf(0, 8, 9))
    assert (found["from_index"], found["to_index"], found["request"]) == (0, 8, "01" * 32)
    with pytest.raises(ConfigError, match="9 entries"):
        leaf(0, 9, 9)
    with pytest.raises(ConfigError, match="0 entries"):
        leaf(0, 0, 0)


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (4, 3)])
def test_a_range_that_is_none_is_refused(first: int, last: int) -> None:
    with pytest.raises(ConfigError) as refused:
        leaf(first, last, 9)
    assert refused.value.code == "log.range"
