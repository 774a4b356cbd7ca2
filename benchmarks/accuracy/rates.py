"""Error rates of 1:1 comparison: FNMR at fixed FMR and at a fixed threshold, with intervals over persons.

The interval is a bootstrap over persons, not over pairs: pairs of one person are far from independent (ISO/IEC
19795-1). A picture in which no face was found counts as a non-match in every genuine pair it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.cohorts import Cohort

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
ROUNDS = 1000
ABSENT = -1e9
"""Similarity of a pair in which a picture gave no embedding: below every threshold."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Similarities and the two persons of each pair (indices into a list of persons)."""

    similarity: Floats
    first: Ints
    second: Ints

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.similarity)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparisons:
    """All pairs of a cohort.

    Attributes:
        genuine: Pairs of one person.
        impostor: Pairs of two persons; those with an absent face are left out (they can never match).
        persons: Number of persons.
        without_face: Pictures that gave no embedding.
    """

    genuine: Pairs
    impostor: Pairs
    persons: int
    without_face: int


def compare(cohort: Cohort, embeddings: list[Floats | None], *, euclidean: bool = False) -> Comparisons:
    """Compare every pair that the cohort asks for, the first as capture, the second as reference.

    Args:
        cohort: Which pairs.
        embeddings: Per picture ``(2, d)``, as reference and as capture, or None.
        euclidean: By (negative) distance instead of by cosine.
    """
    absent = np.array([row is None for row in embeddings])
    references, captures = both_sides(embeddings)
    similarity = captures @ references.T
    if euclidean:
        squares = (captures**2).sum(axis=1)[:, None] + (references**2).sum(axis=1)[None, :]
        similarity = -np.sqrt(np.maximum(squares - 2 * similarity, 0))
    similarity[absent] = ABSENT
    similarity[:, absent] = ABSENT
    names = {name: index for index, name in enumerate(sorted({shot.person for shot in cohort.shots}))}
    person = np.array([names[shot.person] for shot in cohort.shots])
    sessions = np.array([f"{shot.person}/{shot.session}" for shot in cohort.shots])
    if cohort.pairs:
        rows, columns = (np.array([pair[side] for pair in cohort.pairs]) for side in (0, 1))
        same = np.array([pair[2] for pair in cohort.pairs])
    else:
        rows, columns = np.triu_indices(len(person), k=1)
        same = person[rows] == person[columns]
    genuine = same.copy()
    if cohort.genuine in ("within", "across"):
        genuine &= (sessions[rows] == sessions[columns]) == (cohort.genuine == "within")
    impostor = ~same & ~absent[rows] & ~absent[columns]

    def pick(mask: npt.NDArray[np.bool_]) -> Pairs:
        r, c = rows[mask], columns[mask]
        return Pairs(similarity=similarity[r, c], first=person[r], second=person[c])

    return Comparisons(
        genuine=pick(genuine), impostor=pick(impostor), persons=len(names), without_face=int(absent.sum())
    )


def both_sides(embeddings: list[Floats | None]) -> tuple[Floats, Floats]:
    """Return the pictures as references and as captures, ``(n, d)`` each; zeros where there was no face."""
    shape = next((row.shape for row in embeddings if row is not None), (2, 1))
    matrix = np.stack([np.zeros(shape) if row is None else row for row in embeddings])
    return matrix[:, 0], matrix[:, 1]


def threshold_at(impostor: Pairs, fmr: float) -> float | None:
    """Return the lowest threshold whose FMR is at most ``fmr``; None where there are too few pairs to say."""
    if len(impostor) * fmr < 1:
        return None
    ordered = np.sort(impostor.similarity)[::-1]
    return float(np.nextafter(ordered[int(np.floor(len(ordered) * fmr))], np.inf))


def fnmr(genuine: Pairs, threshold: float) -> float:
    """Return the part of genuine pairs below the threshold."""
    return float((genuine.similarity < threshold).mean()) if len(genuine) else float("nan")


def fmr(impostor: Pairs, threshold: float) -> float:
    """Return the part of impostor pairs at or above the threshold."""
    return float((impostor.similarity >= threshold).mean()) if len(impostor) else float("nan")


def interval(pairs: Pairs, wrong: npt.NDArray[np.bool_] | Floats, persons: int, seed: int = 0) -> tuple[float, float]:
    """Return a 95 % interval of the mean of ``wrong`` by drawing persons with replacement.

    With no error at all a bootstrap says [0, 0], which would be a lie: the upper end is then the "rule of three" over
    the number of persons that took part (Hanley 1983).
    """
    if not len(pairs):
        return float("nan"), float("nan")
    if not wrong.any():
        independent = len(np.unique(np.concatenate([pairs.first, pairs.second])))
        return 0.0, float(1 - 0.05 ** (1 / max(independent, 1)))
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(persons, np.full(persons, 1 / persons), size=ROUNDS)
    # Only pairs with an error need their own weight; the total is a quadratic form over pair counts.
    cells, index = np.unique(pairs.first * persons + pairs.second, return_inverse=True)
    first, second = cells // persons, cells % persons
    counts = np.bincount(index)
    errors = np.bincount(index, weights=wrong.astype(float))
    rates = np.empty(ROUNDS)
    same = first == second
    for number, draw in enumerate(draws):
        weight = np.where(same, draw[first], draw[first] * draw[second])
        total = float(weight @ counts)
        rates[number] = float(weight @ errors) / total if total else np.nan
    low, high = np.nanpercentile(rates, (2.5, 97.5))
    return float(low), float(high)


def as_percent(value: float | None) -> float | None:
    """Return a rate in per cent, None if it was not measured."""
    return None if value is None or np.isnan(value) else round(100 * value, 4)
