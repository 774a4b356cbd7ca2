"""The font of certificates: fetched through the package index, pinned by its hash, cut to a page's characters.

Noto Sans SC is under the SIL Open Font License 1.1. The wheel that it comes in is only a container: nothing in it is
installed or run. The hash decides, never the source.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

from zaichang.core.errors import ModelError, PeerViolation
from zaichang.vision.cache import default_cache_dir, sha256_hex, storage_error
from zaichang.vision.catalog import WheelSource
from zaichang.vision.sources import OnBytes, SourceReader, mirror_from_environment

NAME: Final = "noto-sans-sc"
LICENCE: Final = "OFL-1.1"
SHA256: Final = "a3041811a78c361b1de50f953c805e0244951c21c5bd412f7232ef0d899af0da"
BYTES: Final = 17_772_300
SOURCE: Final = WheelSource(
    package="justmytype-intl-cjk",
    version="0.1.0",
    member="justmytype_intl_cjk/fonts/ofl/notosanssc/NotoSansSC[wght].ttf",
)
REGULAR, BOLD = 400, 700
"""Weights of the variable font."""


def versions() -> str:
    """Return the libraries that a PDF's bytes depend on, with their versions.

    Raises:
        PackageNotFoundError: One of them is not installed.
    """
    return f"fpdf2 {version('fpdf2')}; fonttools {version('fonttools')}"


def font_path(folder: Path | None = None) -> Path:
    """Return where the font lies or will lie: beside the models."""
    return (folder or default_cache_dir()) / f"{NAME}-{SHA256[:12]}.ttf"


def read_font(folder: Path | None = None) -> bytes:
    """Return the font's bytes.

    Raises:
        ModelError: ``models.not_cached``, ``models.wrong_hash``.
    """
    path = font_path(folder)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            "models.not_cached",
            f"The font of certificates {path} cannot be read: {error.strerror}.",
            "Run `zaichang models fetch`.",
        ) from error
    if sha256_hex(data) != SHA256:
        raise ModelError(
            "models.wrong_hash", f"The font {path} was changed.", "Run `zaichang models fetch`: it replaces the file."
        )
    return data


def fetch_font(on_bytes: OnBytes, folder: Path | None = None, mirror: Path | None = None) -> Path:
    """Make the font present in the cache.

    Args:
        on_bytes: Called while bytes arrive.
        folder: The cache; by default the one that the environment names.
        mirror: Local folder to use instead of the network; by default what the environment names.

    Raises:
        ModelError: As for models (``vision.sources``).
    """
    path = font_path(folder)
    try:
        read_font(folder)
        return path
    except ModelError:
        pass
    reader = SourceReader(bundled=path.parent, mirror=mirror or mirror_from_environment())
    try:
        data = reader.read(SOURCE, on_bytes)
    finally:
        reader.close()
    if sha256_hex(data) != SHA256:
        raise ModelError(
            "models.wrong_hash",
            f"The font from {SOURCE} has another sha256 than {SHA256}.",
            "The file was not used. Check the mirror or proxy that served it.",
        )
    _store(path, data)
    return path


def cut_font(data: bytes, texts: Iterable[str]) -> dict[int, bytes]:
    """Return the font in both weights with no more characters than some texts have. The same texts give the same bytes.

    Args:
        data: The whole font.
        texts: All that is drawn.

    Raises:
        PeerViolation: ``certificate.character`` naming a character that the font does not have.
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    wanted = sorted({ord(character) for text in texts for character in text})
    options = subset.Options(
        layout_features=[],
        drop_tables=["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VVAR", "STAT", "DSIG"],
        hinting=False,
        notdef_outline=True,
        name_IDs=[0, 1, 2, 6, 13, 14],
        recalc_timestamp=False,
    )
    with TTFont(io.BytesIO(data), recalcTimestamp=False, lazy=True) as font:
        known = font.getBestCmap()
        missing = [code for code in wanted if code not in known]
        if missing:
            raise PeerViolation(
                "certificate.character",
                f"The font has no character U+{missing[0]:04X}.",
                "Write the name with characters that can be printed, or leave it away.",
            )
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=wanted)
        cutter.subset(font)
        small = io.BytesIO()
        font.save(small)
    found: dict[int, bytes] = {}
    for weight in (REGULAR, BOLD):
        with TTFont(io.BytesIO(small.getvalue()), recalcTimestamp=False) as font:
            out = io.BytesIO()
            instancer.instantiateVariableFont(font, {"wght": weight}).save(out)
            found[weight] = out.getvalue()
    return found


def _store(path: Path, data: bytes) -> None:
    """Write the file whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise storage_error(error, path.parent) from error
