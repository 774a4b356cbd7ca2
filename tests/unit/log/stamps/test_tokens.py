"""Time stamps are checked offline: the bytes, the nonce, the chain; nothing else passes for one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.time_stamps import LocalAuthority
from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.log.stamps.tokens import MAX_PEM_BYTES, MAX_RESPONSE_BYTES, check_token, load_roots, request

NOTE = b"hours.example.org/log/2026\n7\n"


def test_a_stamp_is_checked_against_bytes_nonce_and_root(tmp_path: Path) -> None:
    authority = LocalAuthority.make(tmp_path / "one")
    roots, asked = load_roots(authority.root), request(NOTE)
    answer = authority.answer(asked.as_bytes())
    at_ms = check_token(NOTE, answer, roots, asked.nonce)
    assert at_ms == check_token(NOTE, answer, roots)
    assert at_ms % 1000 == 0 and at_ms > 1_700_000_000_000
    other = LocalAuthority.make(tmp_path / "other")
    wrong = [
        (NOTE + b"8", answer, roots, None),
        (NOTE, answer, roots, (asked.nonce or 0) + 1),
        (NOTE, answer, load_roots(other.root), None),
        (NOTE, other.stamp(NOTE), roots, None),
        (NOTE, answer[:-1], roots, None),
        (NOTE, answer[:-5] + bytes(5), roots, None),
        (NOTE, b"", roots, None),
        (NOTE, b"\x30\x03\x02\x01\x02", roots, None),
        (NOTE, bytes(MAX_RESPONSE_BYTES + 1), roots, None),
    ]
    for data, response, trusted, nonce in wrong:
        with pytest.raises(EvidenceError) as caught:
            check_token(data, response, trusted, nonce)
        assert caught.value.code == "E_STAMP"


def test_roots_are_certificates_in_a_file_of_a_bounded_length(tmp_path: Path) -> None:
    for data in (None, b"", b"no certificate", bytes(MAX_PEM_BYTES + 1)):
        path = tmp_path / "roots.pem"
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(ConfigError) as caught:
            load_roots(path)
        assert caught.value.code == "tsa.certificates"


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(ConfigError) as caught:
        load_roots(tmp_path / "roots.pem")
    assert caught.value.code == "install.tsa_missing"
