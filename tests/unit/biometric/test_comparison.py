from __future__ import annotations

import numpy as np
import pytest

from zaichang.biometric.comparison import Decision, decide, normalised, similarity_bp

A = normalised(np.array([1.0, 2.0, 2.0]))
B = normalised(np.array([-2.0, 1.0, 0.0]))


def test_similarity_is_to_the_mean_of_the_references() -> None:
    assert similarity_bp(A, A) == 10_000
    assert similarity_bp(A, B) == 0
    assert similarity_bp(A, -A) == -10_000
    assert similarity_bp(A, np.stack([A, A])) == 10_000
    # Half way between two vectors at a right angle: 45 degrees, where the best of them would say 10000.
    assert similarity_bp(A, np.stack([B, A])) == 7_071


def test_references_that_cancel_out_are_refused() -> None:
    with pytest.raises(ValueError, match="finite and not zero"):
        similarity_bp(A, np.stack([A, -A]))


@pytest.mark.parametrize("vector", [np.zeros(4), np.array([np.nan, 1]), np.array([np.inf, 1]), np.full(3, 1e-9)])
def test_vectors_that_would_match_anything_are_refused(vector: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite and not zero"):
        normalised(vector)


def test_shapes_that_do_not_fit_are_refused() -> None:
    for references in (np.zeros((2, 4), np.float32), np.zeros((0, 3), np.float32)):
        with pytest.raises(ValueError, match="do not fit"):
            similarity_bp(A, references)


@pytest.mark.parametrize(
    ("similarity", "usable", "decision"),
    [
        (4070, True, Decision.SAME),
        (4070, False, Decision.SAME),
        (4069, True, Decision.DIFFERENT),
        (4069, False, Decision.UNCERTAIN),
        (None, True, Decision.UNCERTAIN),
    ],
)
def test_decisions(similarity: int | None, usable: bool, decision: Decision) -> None:
    assert decide(similarity, 4070, usable=usable) is decision
