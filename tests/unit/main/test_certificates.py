"""The drawing of certificates is there where its libraries and the font are, and the font is listed with the models."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from support.certificates import PROOF, drawn
from zaichang.adapters.pdf import font
from zaichang.cli import main
from zaichang.main.certificates import font_row, page_drawing
from zaichang.vision.cache import CACHE_VARIABLE


def test_what_draws_here_draws_the_same_bytes() -> None:
    drawing = page_drawing()
    assert drawing is not None and drawing.draw(PROOF) == drawn()


def test_without_the_font_or_a_library_nothing_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert page_drawing() is None
    monkeypatch.undo()

    def missing() -> str:
        raise PackageNotFoundError("fpdf2")

    monkeypatch.setattr(font, "versions", missing)
    assert page_drawing() is None


def test_the_font_is_listed_with_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (font_row()["state"], font_row()["licence"]) == ("ok", "OFL-1.1")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert font_row()["state"] == "missing"
    font.font_path().write_bytes(b"another")
    assert font_row()["state"] == "damaged" and "message" in font_row()
    assert main(["models", "verify", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)["models"]
    assert [row["name"] for row in rows if row["role"] == "font"] == ["noto-sans-sc"]
