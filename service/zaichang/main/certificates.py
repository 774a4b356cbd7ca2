"""Wires the drawing of certificates: for the service, for ``zaichang verify``, and for the cache of models."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

from zaichang.adapters.pdf import font
from zaichang.audit.certificate.page import Drawing
from zaichang.audit.certificate.proof import CertificateProof
from zaichang.core.errors import ModelError


def page_drawing() -> Drawing | None:
    """Return the drawing of certificates; None where its libraries or the font are not here.

    Nothing is loaded before the first certificate is drawn.
    """
    try:
        versions = font.versions()
    except PackageNotFoundError:
        return None
    return Drawing(draw=_Drawer().draw, versions=versions) if font.font_path().is_file() else None


class _Drawer:
    """Draws with one font, read when the first certificate is drawn."""

    @cached_property
    def _font(self) -> font.FontCuts:
        return font.FontCuts(font.read_font())

    def draw(self, proof: CertificateProof) -> bytes:
        from zaichang.adapters.pdf.page import draw

        return draw(proof, self._font)


def fetch_font(on_bytes: Callable[[int, int | None], None]) -> Path:
    """Make the font present in the cache.

    Raises:
        ModelError: As for models.
    """
    return font.fetch_font(on_bytes)


def font_row() -> dict[str, Any]:
    """Return the font's line in the list of models."""
    state, message = "ok", ""
    try:
        font.read_font()
    except ModelError as error:
        state, message = ("missing" if error.code == "models.not_cached" else "damaged"), error.message
    row = {
        "role": "font",
        "name": font.NAME,
        "state": state,
        "file": str(font.font_path()),
        "bytes": font.BYTES,
        "sha256": font.SHA256,
        "runtime": "",
        "licence": font.LICENCE,
        "sources": [str(font.SOURCE)],
    }
    return row | ({"message": message} if message and state == "damaged" else {})
