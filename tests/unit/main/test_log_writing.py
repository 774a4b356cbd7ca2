"""A wrong time-stamping authority is refused at the start, not an hour later."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.core.errors import ConfigError
from zaichang.main.log_writing import authority_of
from zaichang.settings import load_settings


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("tsa.example.org", "tsa.address"),
        ("ftp://tsa.example.org", "tsa.address"),
        ("https://tsa.example.org:x", "tsa.address"),
        ("https://me:secret@tsa.example.org", "tsa.address"),
        ("https://tsa.example.org/", "tsa.certificates"),
    ],
)
def test_a_wrong_authority_is_refused(tmp_path: Path, url: str, code: str) -> None:
    pem = tmp_path / "root.pem"
    pem.write_text("no certificate")
    settings = load_settings(None, {"data": tmp_path, "log_tsa": url, "log_tsa_certificates": pem}, {})
    with pytest.raises(ConfigError) as refused:
        authority_of(settings)
    assert refused.value.code == code
    assert authority_of(load_settings(None, {"data": tmp_path}, {})) is None
