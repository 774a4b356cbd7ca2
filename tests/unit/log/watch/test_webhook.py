"""An alarm reaches an address, or is an error."""

from __future__ import annotations

import pytest

from support.hook import listening
from zaichang.core.errors import ConfigError, StorageError
from zaichang.log.watch.webhook import post_json


def test_a_value_is_posted_as_json() -> None:
    with listening() as (url, got):
        post_json(f"{url}?a=1", {"alarms": ["错"]})
        with pytest.raises(StorageError, match="500"):
            post_json(f"{url}/bad", {})
    assert got[0] == {"alarms": ["错"]}


def test_a_webhook_must_be_an_address_that_answers() -> None:
    with pytest.raises(ConfigError):
        post_json("ftp://x", {})
    with pytest.raises(StorageError):
        post_json("http://127.0.0.1:9", {})
