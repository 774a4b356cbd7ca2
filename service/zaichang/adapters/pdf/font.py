"""The font of certificates: fetched through the package index, pinned by its hash, cut to a page's characters.

Noto Sans SC is under the SIL Open Font License 1.1. The wheel that it comes in is only a container: nothing in it is
installed or run. The hash decides, never the source.
"""

from __future__ import annotations

import io
import os
import tempfile
import threading
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
    return _weights(_subset(data, frozenset(character for text in texts for character in text)))


def _subset(data: bytes, characters: frozenset[str], *, known_only: bool = False) -> bytes:
    """Return the variable font with some characters; ``known_only`` passes over those that it lacks."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    wanted = sorted(map(ord, characters))
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
        if missing and not known_only:
            raise PeerViolation(
                "certificate.character",
                f"The font has no character U+{missing[0]:04X}.",
                "Write the name with characters that can be printed, or leave it away.",
            )
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=[code for code in wanted if code in known])
        cutter.subset(font)
        small = io.BytesIO()
        font.save(small)
    return small.getvalue()


def _weights(small: bytes) -> dict[int, bytes]:
    """Return a variable font in both weights."""
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    found: dict[int, bytes] = {}
    for weight in (REGULAR, BOLD):
        with TTFont(io.BytesIO(small), recalcTimestamp=False) as font:
            out = io.BytesIO()
            instancer.instantiateVariableFont(font, {"wght": weight}).save(out)
            found[weight] = out.getvalue()
    return found


class FontCuts:
    """Cuts one font for page after page.

    A cut takes half a second of a processor, most of it for the 17 MB of the whole font. The second cut of a process
    therefore begins one to the common characters beside it, in two seconds; later pages are cut from that, with the
    same bytes. The newest cuts are kept: a page that is drawn again, as for a comparison, needs none.
    """

    def __init__(self, data: bytes, kept: int = 16) -> None:
        """Set up the cuts.

        Args:
            data: The whole font.
            kept: How many cuts are kept, of some 60 kB each.
        """
        self._data, self._most = data, kept
        self._lock = threading.Lock()
        self._kept: dict[frozenset[str], dict[int, bytes]] = {}
        self._common: tuple[frozenset[str], bytes] | None = None
        self._building: threading.Thread | None = None

    def cut(self, texts: Iterable[str]) -> dict[int, bytes]:
        """See ``cut_font``."""
        wanted = frozenset(character for text in texts for character in text)
        with self._lock:
            found = self._kept.pop(wanted, None) or self._cut(wanted)
            self._kept[wanted] = found
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return found

    def _cut(self, wanted: frozenset[str]) -> dict[int, bytes]:
        if self._kept and self._building is None:
            # Pages differ in names alone: all other characters of one are those of all.
            common = _common_characters().union(*self._kept)
            self._building = threading.Thread(target=self._build, args=(common,), name="font-cut", daemon=True)
            self._building.start()
        if self._common is not None and wanted <= self._common[0]:
            return _weights(_subset(self._common[1], wanted))
        return _weights(_subset(self._data, wanted))

    def _build(self, common: frozenset[str]) -> None:
        self._common = (common, _subset(self._data, common, known_only=True))


def _common_characters() -> frozenset[str]:
    """Return the marks and the 3,755 common characters of GB 2312, as far as they can be decoded."""
    rows = (*range(0xA1, 0xA4), *range(0xB0, 0xD8))
    pairs = (bytes((row, place)).decode("gb2312", "ignore") for row in rows for place in range(0xA1, 0xFF))
    return frozenset("".join(pairs)) | frozenset(map(chr, range(0x20, 0x7F)))


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
