"""1:1 comparison: cosine similarity of embeddings, in basis points, against a versioned threshold."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from zaichang.core.units import to_bp


class Decision(StrEnum):
    """The result of one comparison. Only several captures together decide."""

    SAME = "same"
    DIFFERENT = "different"
    UNCERTAIN = "uncertain"


def normalised(embedding: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the embedding at length 1.

    Raises:
        ValueError: Where it is not a finite vector, or its length is (almost) 0: it would compare as equal to all.
    """
    vector = np.asarray(embedding, dtype=np.float64).ravel()
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-6:
        raise ValueError(f"an embedding must be finite and not zero, got length {length}")
    return (vector / length).astype(np.float32)


def similarity_bp(probe: NDArray[np.float32], references: NDArray[np.float32]) -> int:
    """Return the cosine similarity of a probe to the mean of a person's references, -10000..10000.

    The mean is used, not the best: with three references the best gives an impostor three chances and half as many
    more false matches, at equally few misses (docs/accuracy.md).

    Args:
        probe: ``(d,)``, length 1.
        references: ``(n, d)`` or ``(d,)``, each of length 1; several are poses of the same person.

    Raises:
        ValueError: Where the dimensions differ, there is no reference, or the references cancel out.
    """
    rows = np.atleast_2d(references)
    if probe.ndim != 1 or rows.shape[0] == 0 or rows.shape[1] != probe.shape[0]:
        raise ValueError(f"probe {probe.shape} and references {references.shape} do not fit")
    mean = normalised(rows.astype(np.float64).mean(axis=0)) if len(rows) > 1 else rows[0]
    return to_bp(float(mean.astype(np.float64) @ probe.astype(np.float64)))


def decide(similarity: int | None, threshold_bp: int, *, usable: bool) -> Decision:
    """Return the decision of one comparison.

    Args:
        similarity: Basis points, or None where nothing could be compared.
        threshold_bp: At or above is the same person.
        usable: Whether the quality of the probe allows saying "different".
    """
    if similarity is None:
        return Decision.UNCERTAIN
    if similarity >= threshold_bp:
        return Decision.SAME
    return Decision.DIFFERENT if usable else Decision.UNCERTAIN
