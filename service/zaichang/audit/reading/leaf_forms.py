"""Checks many leaves against their schemas, in this process or in several, tile by tile."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf

PARALLEL_FROM: Final = 50_000
"""Leaves of a log from which on other processes are started; each takes about a second to start."""
WAITING_TILES: Final = 32
"""Tiles that are read ahead, of at most 256 leaves each."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The result for the entries of one tile, by their place in it.

    Attributes:
        wrong: Code and message of each entry that breaks its schema.
        anchors: Size and root of each checkpoint that an entry names.
    """

    wrong: Mapping[int, tuple[str, str]]
    anchors: Mapping[int, tuple[int, str]]


def forms_of(entries: Sequence[bytes]) -> Forms:
    """Check entries against their schemas."""
    wrong: dict[int, tuple[str, str]] = {}
    anchors: dict[int, tuple[int, str]] = {}
    for place, entry in enumerate(entries):
        try:
            anchor = parse_leaf(entry).get("anchor")
        except EvidenceError as error:
            wrong[place] = error.code, error.message
            continue
        if isinstance(anchor, dict) and isinstance(size := anchor.get("size"), int):
            anchors[place] = size, str(anchor.get("root"))
    return Forms(wrong, anchors)


class FormChecks:
    """Hands tiles to other processes, where there are any.

    Args:
        pool: The other processes; None for none.
    """

    def __init__(self, pool: ProcessPoolExecutor | None = None) -> None:
        """Begin with no tile."""
        self._pool = pool

    @property
    def ahead(self) -> int:
        """How many tiles may be read before the first result is asked for."""
        return WAITING_TILES if self._pool is not None else 0

    def begin(self, entries: Sequence[bytes]) -> Future[Forms] | None:
        """Begin to check a tile elsewhere; None where there is no elsewhere."""
        try:
            return None if self._pool is None else self._pool.submit(forms_of, entries)
        except BrokenExecutor:
            return None

    @staticmethod
    def end(begun: Future[Forms] | None, entries: Sequence[bytes]) -> Forms:
        """Return a tile's result; a process that died is made up for here."""
        try:
            return forms_of(entries) if begun is None else begun.result()
        except BrokenExecutor:
            return forms_of(entries)


@contextmanager
def form_checks(jobs: int, size: int) -> Iterator[FormChecks]:
    """Give the checks of a log's leaves.

    Args:
        jobs: Processes that may be used.
        size: Leaves of the log; other processes are not worth their start below ``PARALLEL_FROM``.
    """
    if jobs < 2 or size < PARALLEL_FROM:
        yield FormChecks()
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield FormChecks(pool)
