"""1:N search: is one face behind several accounts, or are several faces behind one?

An exact search over all enrolled templates: one matrix product. 100,000 templates of 128 floats take 51 MB and about
5 ms a probe on one thread; time and memory grow linearly, and above a million an approximate index would be needed.

With N templates, a probe has N chances of a false match, so the 1:1 threshold would flag innocent people: at FMR 1e-4
and 100,000 templates, every probe would "find" ten. The search threshold is therefore higher, the result is an
indicator, and a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.template import Template
from zaichang.core.units import to_bp

SEARCH_SIMILARITY_BP = 6_000
"""Default for search: no impostor pair of the development media (1.25 million) reaches it (docs/accuracy.md)."""


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
    """All enrolled templates of one embedder. Rebuilt, not changed, when templates come and go."""

    def __init__(self, embedder: str, templates: Sequence[tuple[str, Template]]) -> None:
        """Build the index.

        Args:
            embedder: Templates of other embedders are left out (``skipped`` says how many).
            templates: (account, template); an account may have several.
        """
        usable = [(account, template) for account, template in templates if template.embedder == embedder]
        self.embedder = embedder
        self.skipped = len(templates) - len(usable)
        self._accounts = [account for account, template in usable for _ in template.vectors]
        width = usable[0][1].vectors.shape[1] if usable else 0
        self._matrix: NDArray[np.float32] = (
            np.concatenate([template.vectors for _, template in usable]) if usable else np.zeros((0, width), np.float32)
        )

    def __len__(self) -> int:
        """Return how many vectors are indexed."""
        return len(self._accounts)

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
        if not self._accounts:
            return []
        rows = np.atleast_2d(vectors)
        if rows.shape[1] != self._matrix.shape[1]:
            raise ValueError(f"probe has {rows.shape[1]} dimensions, the index {self._matrix.shape[1]}")
        best = (self._matrix @ rows.T).max(axis=1)
        found: dict[str, int] = {}
        for index in np.argsort(-best, kind="stable"):
            similarity = to_bp(float(best[index]))
            if similarity < threshold_bp or len(found) >= limit:
                break
            account = self._accounts[int(index)]
            if account != apart:
                found.setdefault(account, similarity)
        return [Candidate(account=account, similarity_bp=value) for account, value in found.items()]


def shared_faces(
    index: TemplateIndex, templates: Sequence[tuple[str, Template]], *, threshold_bp: int = SEARCH_SIMILARITY_BP
) -> list[tuple[str, str, int]]:
    """Return pairs of accounts whose templates show one face, most similar first: (account, account, similarity)."""
    pairs: dict[tuple[str, str], int] = {}
    for account, template in templates:
        if template.embedder != index.embedder:
            continue
        for candidate in index.search(template.vectors, threshold_bp=threshold_bp, limit=100, apart=account):
            first, second = sorted((account, candidate.account))
            pairs[first, second] = max(pairs.get((first, second), 0), candidate.similarity_bp)
    return sorted(((a, b, value) for (a, b), value in pairs.items()), key=lambda pair: (-pair[2], pair))


def face_groups(vectors: NDArray[np.float32], threshold_bp: int) -> list[int]:
    """Group one account's captures by face: the label of each capture, 0 for the largest group.

    Captures are joined where they reach the 1:1 threshold, directly or through others (single linkage), so one odd
    capture makes a group of its own. Two large groups say that two people use the account.

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
