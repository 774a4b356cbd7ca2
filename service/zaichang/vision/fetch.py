"""Fetching models: source -> hash check -> transform -> hash check -> cache. The only place that uses the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from zaichang.core.errors import ModelError
from zaichang.vision.cache import ModelCache, sha256_hex
from zaichang.vision.catalog import Catalog, ModelEntry
from zaichang.vision.sources import SourceReader, mirror_from_environment
from zaichang.vision.transform import apply_transform

Stage = Literal["cached", "download", "transform", "stored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of the fetch of one model.

    Attributes:
        entry: The model.
        stage: cached (nothing to do), download, transform, stored.
        done_bytes: Bytes downloaded so far; 0 outside download.
        total_bytes: Bytes in all, or None where unknown.
    """

    entry: ModelEntry
    stage: Stage
    done_bytes: int = 0
    total_bytes: int | None = None


def _silent(_: Progress) -> None:
    return None


def fetch_all(
    catalog: Catalog,
    cache: ModelCache,
    *,
    entries: Iterable[ModelEntry] | None = None,
    mirror: Path | None = None,
    on_progress: Callable[[Progress], None] = _silent,
) -> list[Path]:
    """Make every model present in the cache, downloading what is missing or damaged.

    Args:
        catalog: The catalogue.
        cache: Where the files go.
        entries: Only these models; by default all.
        mirror: Local folder to use instead of the network; by default what the environment names.
        on_progress: Called at every stage and while bytes arrive.

    Returns:
        The cached files, in catalogue order.

    Raises:
        ModelError: Naming the model, the source and what to do; the cache then holds only whole, checked files.
    """
    reader = SourceReader(bundled=catalog.folder, mirror=mirror or mirror_from_environment())
    try:
        return [_fetch(entry, cache, reader, on_progress) for entry in (entries or catalog.entries)]
    finally:
        reader.close()


def _fetch(entry: ModelEntry, cache: ModelCache, reader: SourceReader, on_progress: Callable[[Progress], None]) -> Path:
    try:
        if cache.read(entry) is not None:
            on_progress(Progress(entry=entry, stage="cached"))
            return cache.path(entry)
    except ModelError as error:
        if error.code != "models.wrong_hash":
            raise

    def on_bytes(done: int, total: int | None) -> None:
        on_progress(Progress(entry=entry, stage="download", done_bytes=done, total_bytes=total))

    on_progress(Progress(entry=entry, stage="download"))
    source = _first_good_source(entry, reader, on_bytes)
    on_progress(Progress(entry=entry, stage="transform"))
    path = cache.write(entry, apply_transform(entry.transform, source))
    on_progress(Progress(entry=entry, stage="stored"))
    return path


def _first_good_source(entry: ModelEntry, reader: SourceReader, on_bytes: Callable[[int, int | None], None]) -> bytes:
    """Try the sources in order; a wrong hash is reported before anything else, since it may be an attack."""
    errors: list[ModelError] = []
    for source in entry.sources:
        try:
            data = reader.read(source, on_bytes)
        except ModelError as error:
            if error.code in ("models.disk_full", "models.cache_unwritable"):
                raise
            errors.append(error)
            continue
        found = sha256_hex(data)
        if found == entry.source_sha256:
            return data
        errors.append(
            ModelError(
                "models.wrong_hash",
                f"{entry.name} from {source} has sha256 {found}, the catalogue says {entry.source_sha256}.",
                "The file was not used. Check the mirror or proxy that served it.",
            )
        )
    raise min(errors, key=lambda error: error.code != "models.wrong_hash")
