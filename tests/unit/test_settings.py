"""Settings: every unknown key is refused, the later source wins, and no value is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.core.errors import ConfigError
from zaichang.settings import load_settings


def test_file_environment_and_command_line_in_this_order(tmp_path: Path) -> None:
    path = tmp_path / "z.toml"
    path.write_text('port = 1\nhost = "::1"\nvision_workers = 3\nallowed_origins = ["https://a.example"]\n')
    environ = {"ZAICHANG_PORT": "2", "ZAICHANG_VISION_WORKERS": "4", "PATH": "/bin", "ZAICHANG_MODEL_CACHE": "x"}
    settings = load_settings(path, {"port": 5, "data": None}, environ)
    assert (settings.port, settings.vision_workers, settings.host) == (5, 4, "::1")
    assert settings.allowed_origins == ("https://a.example",)
    assert load_settings(None, None, {"ZAICHANG_CONFIG": str(path)}).port == 1
    assert load_settings(None, None, {"ZAICHANG_ALLOWED_ORIGINS": "https://a,https://b"}).allowed_origins == (
        "https://a",
        "https://b",
    )


@pytest.mark.parametrize(
    ("text", "environ", "code"),
    [
        ("prot = 1", {}, "config.unknown_key"),
        ("", {"ZAICHANG_PROT": "1"}, "config.unknown_key"),
        ("port = 70000", {}, "config.invalid"),
        ('port = "many"', {}, "config.invalid"),
        ("", {"ZAICHANG_TOKEN_MINUTES": "0"}, "config.invalid"),
        ("port =", {}, "config.unreadable"),
        ('log_domain = "a b"', {}, "config.invalid"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, environ: dict[str, str], code: str) -> None:
    path = tmp_path / "z.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, None, environ)
    assert caught.value.code == code


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path / "none.toml", None, {})
    assert caught.value.code == "config.unreadable"


def test_a_secret_never_shows() -> None:
    settings = load_settings(None, None, {"ZAICHANG_MASTER_KEY": "very secret"})
    assert "very secret" not in repr(settings)
    with pytest.raises(ConfigError) as caught:
        load_settings(None, {"vision_workers": "very secret"}, {})
    assert "very secret" not in str(caught.value)
