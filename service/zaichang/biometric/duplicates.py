"""1:N search: is one face behind several accounts, or are several faces behind one?

An exact search over all enrolled templates: one matrix product. 100,000 vectors of 128 floats take 51 MB; time and
memory grow linearly (docs/accuracy.md has the figures), and above a million an approximate index would be needed.

With N templates, a probe has N chances of a false match, so the 1:1 threshold would flag innocent people: at FMR 1e-4
and 100,000 templates, every probe would "find" ten. The search threshold is therefore higher, the result is an
indicator, and a reviewer decides.

The index lives in memory only and holds no more than the encrypted store does: fill it from the store at start, then
``add`` at an enrolment and ``remove`` at an erasure. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.template import Template
from zaichang.core.units import BP_ONE, to_bp

SEARCH_SIMILARITY_BP = 6_000
"""Default threshold of the search. One of 1.25 million impostor pairs exceeds it (docs/accuracy.md)."""


MAX_VECTORS = 1_000_000
"""Default limit of an index: 512 MB, and about a tenth of a second a probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One account that a probe resembles.

    Attributes:
        account: The caller's identifier (a pseudonym).
        similarity_bp: Best similarity to any of its vectors.
    """

    account: str
    similarity_bp: int


class TemplateIndex:
    """All enrolled templates of one embedder; templates come and go one by one."""

    def __init__(
        self, embedder: str, templates: Iterable[tuple[str, Template]] = (), *, max_vectors: int = MAX_VECTORS
    ) -> None:
        """Build the index.

        Args:
            embedder: Templates of other embedders are left out (``skipped`` says how many).
            templates: (account, template); an account may have several.
            max_vectors: ``add`` refuses more, so that memory stays bounded (512 bytes a vector).

        Raises:
            ValueError: As ``add``.
        """
        self.embedder = embedder
        self.skipped = 0
        self._max_vectors = max_vectors
        self._owners: list[str] = []
        self._rows: dict[str, set[int]] = {}
        self._matrix: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        for account, template in templates:
            self.add(account, template)

    def __len__(self) -> int:
        """Return how many vectors are indexed."""
        return len(self._owners)

    def __contains__(self, account: str) -> bool:
        """Say whether an account has a vector here."""
        return account in self._rows

    def add(self, account: str, template: Template) -> bool:
        """Add a template to those of an account; False where another embedder made it, which leaves it out.

        Args:
            account: The caller's identifier (a pseudonym). To replace its templates, ``remove`` it first.
            template: Its rows are copied.

        Raises:
            ValueError: Where the index would exceed its limit, or the dimension differs.
        """
        if template.embedder != self.embedder:
            self.skipped += 1
            return False
        count, (more, width) = len(self._owners), template.vectors.shape
        if count + more > self._max_vectors:
            raise ValueError(f"the index holds {count} vectors, {more} more would exceed its limit {self._max_vectors}")
        if count and width != self._matrix.shape[1]:
            raise ValueError(f"template has {width} dimensions, the index {self._matrix.shape[1]}")
        if count + more > len(self._matrix) or width != self._matrix.shape[1]:
            grown = np.zeros((min(max(2 * count, count + more, 256), self._max_vectors), width), np.float32)
            if count:
                grown[:count] = self._matrix[:count]
            self._matrix = grown
        self._matrix[count : count + more] = template.vectors
        self._owners += [account] * more
        self._rows.setdefault(account, set()).update(range(count, count + more))
        return True

    def remove(self, account: str) -> bool:
        """Remove and overwrite an account's vectors; return False if it has none."""
        rows = self._rows.pop(account, None)
        if rows is None:
            return False
        for row in sorted(rows, reverse=True):
            # The last row takes the place of the removed one.
            last = len(self._owners) - 1
            owner = self._owners.pop()
            if row != last:
                self._matrix[row] = self._matrix[last]
                self._owners[row] = owner
                self._rows[owner] = self._rows[owner] - {last} | {row}
            self._matrix[last] = 0
        return True

    def search(
        self,
        vectors: NDArray[np.float32],
        *,
        threshold_bp: int = SEARCH_SIMILARITY_BP,
        limit: int = 10,
        apart: str = "",
    ) -> list[Candidate]:
        """Return the accounts that resemble a probe, most similar first.

        Args:
            vectors: ``(d,)`` or ``(n, d)``, length 1 each: captures or template rows of one person.
            threshold_bp: Least similarity.
            limit: At most so many.
            apart: The probe's own account, left out.

        Raises:
            ValueError: Where the dimension differs.
        """
        if not self._owners:
            return []
        rows = np.atleast_2d(vectors)
        if rows.shape[1] != self._matrix.shape[1]:
            raise ValueError(f"probe has {rows.shape[1]} dimensions, the index {self._matrix.shape[1]}")
        best = (self._matrix[: len(self._owners)] @ rows.T).max(axis=1)
        # A little below the threshold, because basis points are rounded; the exact test follows.
        near = np.flatnonzero(best >= (threshold_bp - 1) / BP_ONE)
        found: dict[str, int] = {}
        for index in near[np.argsort(-best[near], kind="stable")]:
            similarity = to_bp(float(best[index]))
            if similarity < threshold_bp or len(found) >= limit:
                break
            account = self._owners[int(index)]
            if account != apart:
                found.setdefault(account, similarity)
        return [Candidate(account=account, similarity_bp=value) for account, value in found.items()]


def face_groups(vectors: NDArray[np.float32], threshold_bp: int) -> list[int]:
    """Group one account's captures by face: the label of each capture, 0 for the largest group.

    Captures are joined where they reach the 1:1 threshold, directly or through others (single linkage), so one odd
    capture makes a group of its own. Two large groups suggest that two people use the account.

    Args:
        vectors: ``(n, d)``, length 1 each.
        threshold_bp: The 1:1 threshold.
    """
    count = len(vectors)
    near = (vectors @ vectors.T) >= threshold_bp / 10_000
    label = np.full(count, -1)
    groups = 0
    for start in range(count):
        if label[start] >= 0:
            continue
        waiting = [start]
        while waiting:
            at = waiting.pop()
            if label[at] < 0:
                label[at] = groups
                waiting += [int(other) for other in np.flatnonzero(near[at] & (label < 0))]
        groups += 1
    order = np.argsort(-np.bincount(label, minlength=groups), kind="stable") if count else np.zeros(0, int)
    rank = {int(group): position for position, group in enumerate(order)}
    return [rank[int(value)] for value in label]
