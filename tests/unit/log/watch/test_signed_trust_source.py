"""A signed trust comes whole and in time, or not at all."""

from __future__ import annotations

import pytest

from support.dripping import dripping
from support.hook import serving
from zaichang.core.errors import ConfigError, StorageError
from zaichang.log.watch.signed_trust_source import fetch_trust


def test_a_file_comes_from_its_address_with_its_query() -> None:
    with serving({"/a b/trust?x=1": b"trust", "/": b"root"}) as url:
        assert fetch_trust(f"{url}/a%20b/trust?x=1", 5) == b"trust"
        assert fetch_trust(url, 5) == b"root"


def test_a_missing_or_long_file_and_a_slow_server_are_errors() -> None:
    with serving({"/big": bytes(11)}) as url:
        for path in ("big", "none"):
            with pytest.raises(StorageError, match=r"trust\.source"):
                fetch_trust(f"{url}/{path}", 10)
    with dripping() as url, pytest.raises(StorageError, match="TimeoutError"):
        fetch_trust(f"{url}/trust", 10_000, deadline_s=0.2)
    with pytest.raises(ConfigError, match=r"trust\.url"):
        fetch_trust("ftp://example.org/trust", 10)
