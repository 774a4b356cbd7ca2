"""What several references are worth: the mean of them against the best of them, FMR and FNMR at the default threshold.

Each person's pictures are drawn into references and captures; only persons with more pictures than references take
part, so the rows hold fewer persons downwards.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.accuracy.cohorts import Cohort
from benchmarks.accuracy.rates import both_sides

Floats = npt.NDArray[np.float64]
DRAWS = 10
COUNTS = (1, 2, 3)
COHORTS = ("LFW all", "ORL", "NUAA across", "face-api")
STRANGERS = 200
"""Captures of others that each reference is compared with, drawn anew each time."""
NOTES = (f"{DRAWS} draws a person; up to {STRANGERS} captures of others each; NUAA across: of other sessions.",)


def rows(
    cohort: Cohort, embeddings: list[Floats | None], threshold: float, rng: np.random.Generator
) -> list[dict[str, report.Cell]]:
    """Return a row per number of references."""
    references, captures = both_sides(embeddings)
    person = np.array([shot.person for shot in cohort.shots])
    session = np.array([shot.session for shot in cohort.shots])
    usable = np.array([row is not None for row in embeddings])
    found: list[dict[str, report.Cell]] = []
    for count in COUNTS:
        missed: dict[str, list[Floats]] = {"mean": [], "best": []}
        matched: dict[str, list[Floats]] = {"mean": [], "best": []}
        persons = set()
        for who in np.unique(person):
            own = np.flatnonzero((person == who) & usable)
            for _ in range(DRAWS):
                drawn = _drawn(own, session, count, rng, across=cohort.genuine == "across")
                if drawn is None:
                    continue
                enrolled, others = drawn
                persons.add(who)
                strangers = rng.permutation(np.flatnonzero((person != who) & usable))[:STRANGERS]
                for how, score in (("mean", _mean(references[enrolled])), ("best", references[enrolled])):
                    missed[how].append((captures[others] @ score.T).max(axis=1) < threshold)
                    matched[how].append((captures[strangers] @ score.T).max(axis=1) >= threshold)
        if not persons:
            continue
        row: dict[str, report.Cell] = {"cohort": cohort.name, "references": count, "persons": len(persons)}
        for how in ("best", "mean"):
            row[f"{how}_fmr_pct"] = round(100 * float(np.concatenate(matched[how]).mean()), 4)
            row[f"{how}_fnmr_pct"] = round(100 * float(np.concatenate(missed[how]).mean()), 4)
        found.append(row)
    return found


def _drawn(
    own: npt.NDArray[np.intp],
    session: npt.NDArray[np.str_],
    count: int,
    rng: np.random.Generator,
    *,
    across: bool,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]] | None:
    """Return references and captures of one person, or None where there are too few pictures."""
    if not across:
        order = rng.permutation(own)
        return (order[:count], order[count:]) if len(order) > count else None
    enrolled_in = rng.choice(np.unique(session[own])) if len(own) else ""
    inside, outside = own[session[own] == enrolled_in], own[session[own] != enrolled_in]
    return (rng.permutation(inside)[:count], outside) if len(inside) >= count and len(outside) else None


def _mean(vectors: Floats) -> Floats:
    mean = vectors.mean(axis=0, keepdims=True)
    return np.asarray(mean / np.linalg.norm(mean), dtype=np.float64)
