"""Decisions over several captures: a round passes when k of at most n captures match.

Captures are drawn from one person's pictures of one session (where the cohort has sessions), against one enrolled
picture, so the figures keep the likeness of captures; they are not the binomial of the single-capture rate.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.accuracy.cohorts import Cohort
from benchmarks.accuracy.rates import both_sides

Floats = npt.NDArray[np.float64]
RULES = ((1, 1), (2, 3), (2, 4), (2, 8), (3, 5))
DRAWS = 20
NOTES = (
    "Captures of one draw come from one session of one person, against one enrolled picture; draws overlap.",
    "In FMR every capture is of one other person; 2 of 8 gives that person eight tries.",
)


def suits(cohort: Cohort) -> bool:
    """Say whether a cohort has several captures of most persons (LFW has one or two)."""
    return cohort.genuine != "listed" and len(cohort.shots) >= 4 * len({shot.person for shot in cohort.shots})


def _passes(scores: Floats, k: int, n: int, threshold: float, rng: np.random.Generator) -> Floats:
    """Return, for random draws of n of the scores, whether k reach the threshold."""
    draws = np.stack([rng.permutation(len(scores))[:n] for _ in range(DRAWS)])
    matched: Floats = ((scores[draws] >= threshold).sum(axis=1) >= k).astype(np.float64)
    return matched


def rows(
    backend: str, cohort: Cohort, embeddings: list[Floats | None], threshold: float, rng: np.random.Generator
) -> list[dict[str, report.Cell]]:
    """Return a row per rule; rules that need more captures than a session has are left out."""
    sittings: dict[tuple[str, str], list[int]] = {}
    for index, shot in enumerate(cohort.shots):
        # A cohort without sessions has one sitting per person; the enrolled picture is never among the captures.
        session = shot.session if cohort.genuine in ("within", "across") else ""
        sittings.setdefault((shot.person, session), []).append(index)
    references, shown = both_sides(embeddings)
    result: list[dict[str, report.Cell]] = []
    for k, n in RULES:
        genuine: list[Floats] = []
        impostor: list[Floats] = []
        enough = {key: members for key, members in sittings.items() if len(members) > n}
        for (person, session), members in enough.items():
            for (other, other_session), reference in sittings.items():
                if other == person and cohort.genuine == "across" and other_session == session:
                    continue
                if other == person and cohort.genuine == "within" and other_session != session:
                    continue
                enrolled = reference if other == person else reference[:2]
                for at in enrolled:
                    captures = np.array([member for member in members if member != at])
                    if len(captures) < n:
                        continue
                    scores = shown[captures] @ references[at]
                    (genuine if other == person else impostor).append(_passes(scores, k, n, threshold, rng))
        if genuine and impostor:
            accepted, false = np.concatenate(genuine), np.concatenate(impostor)
            result.append(
                {
                    "backend": backend,
                    "cohort": cohort.name,
                    "rule": f"{k} of {n}",
                    "persons": len({person for person, _ in enough}),
                    "genuine_draws": len(accepted),
                    "fnmr_pct": round(100 * float(1 - accepted.mean()), 4),
                    "impostor_draws": len(false),
                    "fmr_pct": round(100 * float(false.mean()), 4),
                }
            )
    return result
