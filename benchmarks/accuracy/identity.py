"""Identity: FNMR at fixed FMR per cohort, at the default threshold, and of k-of-n decisions, beside dlib.

Run: ``.venv/bin/python -m benchmarks.accuracy.identity [--dlib] [--plain]``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.accuracy import halves, k_of_n, paired, references
from benchmarks.accuracy.backends import Dlib, IdentityBackend, Ours, cached_embeddings
from benchmarks.accuracy.cohorts import cohorts
from benchmarks.accuracy.rates import Comparisons, as_percent, compare, fmr, fnmr, interval, threshold_at
from zaichang.biometric.duplicates import SEARCH_SIMILARITY_BP
from zaichang.core.errors import ModelError

FMR_POINTS = (1e-2, 1e-3, 1e-4)
NOTES = (
    "Intervals are 95 % bootstraps over persons; with no error at all, the rule of three over persons.",
    "FNMR counts pictures without a detected face as non-matches.",
    "A '-' says that the cohort has too few impostor pairs for that FMR.",
    "All cohorts were in view while the threshold was chosen; figures on other people must be made again.",
)


def _range(pair: tuple[float, float]) -> str:
    return f"{100 * pair[0]:.2f}-{100 * pair[1]:.2f}"


def at_fmr_row(backend: str, cohort: str, found: Comparisons) -> dict[str, report.Cell]:
    """Return one row: FNMR in per cent at each FMR, with the threshold that the cohort itself would choose."""
    row: dict[str, report.Cell] = {
        "backend": backend,
        "cohort": cohort,
        "persons": found.persons,
        "no_face": found.without_face,
        "genuine": len(found.genuine),
        "impostor": len(found.impostor),
    }
    for point in FMR_POINTS:
        threshold = threshold_at(found.impostor, point)
        name = f"{point:.0e}"
        if threshold is None:
            row |= {f"fnmr_pct@{name}": None, f"ci@{name}": None, f"thr@{name}": None}
            continue
        wrong = found.genuine.similarity < threshold
        row[f"fnmr_pct@{name}"] = as_percent(fnmr(found.genuine, threshold))
        row[f"ci@{name}"] = _range(interval(found.genuine, wrong, found.persons))
        row[f"thr@{name}"] = round(threshold, 4)
    return row


def at_threshold_row(backend: str, cohort: str, found: Comparisons, threshold: float) -> dict[str, report.Cell]:
    """Return one row: FMR and FNMR at one threshold for every cohort."""
    false_match = found.impostor.similarity >= threshold
    false_non_match = found.genuine.similarity < threshold
    return {
        "backend": backend,
        "cohort": cohort,
        "threshold": threshold,
        "fmr_pct": as_percent(fmr(found.impostor, threshold)),
        "fmr_ci": _range(interval(found.impostor, false_match, found.persons)),
        "fnmr_pct": as_percent(fnmr(found.genuine, threshold)),
        "fnmr_ci": _range(interval(found.genuine, false_non_match, found.persons)),
    }


def stranger_row(cohort: str, found: Comparisons) -> dict[str, report.Cell]:
    """Return one row: how alike the most alike strangers are, which is what a search over many enrolments meets."""
    search = SEARCH_SIMILARITY_BP / 10_000
    most = np.sort(found.impostor.similarity)[::-1]
    return {
        "cohort": cohort,
        "impostor": len(most),
        f"above_{search:.2f}": int((most >= search).sum()),
        **{name: round(float(most[at]), 3) for name, at in (("most", 0), ("second", 1), ("tenth", 9))},
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dlib", action="store_true", help="measure dlib on the same pairs (extra: compare)")
    parser.add_argument(
        "--plain", action="store_true", help="measure without the second look, and without the mesh's points, too"
    )
    parser.add_argument("--openvino", action="store_true", help="measure the embedder in OpenVINO (extra: openvino)")
    parser.add_argument("--sizes", type=int, nargs="*", default=[], help="measure other detector sizes too")
    parser.add_argument("--json", type=Path, default=None, help="folder for the JSON files")
    arguments = parser.parse_args()
    backends: list[tuple[IdentityBackend, float]] = []
    ours = Ours()
    backends.append((ours, ours.threshold_bp / 10_000))
    if arguments.plain:
        backends.append((Ours(second_look=False), ours.threshold_bp / 10_000))
        backends.append((Ours(by_mesh=False), ours.threshold_bp / 10_000))
    if arguments.openvino:
        backends.append((Ours(openvino=True), ours.threshold_bp / 10_000))
    for size in arguments.sizes:
        backends.append((Ours(long_side_px=size), ours.threshold_bp / 10_000))
    if arguments.dlib:
        # 0.6 is the distance that face-recognition uses by default.
        try:
            backends.append((Dlib(), -0.6))
        except ModelError as error:
            raise SystemExit(str(error)) from error
    at_fmr, at_threshold, decisions = [], [], []
    unseen: list[dict[str, report.Cell]] = []
    several: list[dict[str, report.Cell]] = []
    strangers: list[dict[str, report.Cell]] = []
    measured: dict[str, dict[str, Comparisons]] = {}
    for backend, threshold in backends:
        by_cohort: dict[str, Comparisons] = {}
        for cohort in cohorts():
            paths = [shot.path for shot in cohort.shots]
            embeddings = cached_embeddings(backend, paths, report.ROOT / "artefacts" / "accuracy")
            found = compare(cohort, embeddings, euclidean=backend.euclidean)
            by_cohort[cohort.name] = found
            at_fmr.append(at_fmr_row(backend.name, cohort.name, found))
            at_threshold.append(at_threshold_row(backend.name, cohort.name, found, threshold))
            if backend is ours and cohort.name in references.COHORTS:
                several += references.rows(cohort, embeddings, threshold, np.random.default_rng(0))
            if not backend.euclidean and k_of_n.suits(cohort):
                decisions += k_of_n.rows(backend.name, cohort, embeddings, threshold, np.random.default_rng(0))
        measured[backend.name] = by_cohort
        if backend is ours:
            unseen = halves.rows(by_cohort)
            strangers = [stranger_row(name, found) for name, found in by_cohort.items()]

    def place(name: str) -> Path | None:
        return arguments.json / f"{name}.json" if arguments.json else None

    report.publish("accuracy.identity", at_fmr, notes=NOTES, destination=place("accuracy.identity"))
    report.publish("accuracy.threshold", at_threshold, notes=NOTES[:2], destination=place("accuracy.threshold"))
    report.publish("accuracy.halves", unseen, notes=halves.NOTES, destination=place("accuracy.halves"))
    report.publish("accuracy.references", several, notes=references.NOTES, destination=place("accuracy.references"))
    report.publish("accuracy.strangers", strangers, destination=place("accuracy.strangers"))
    for name, others in measured.items():
        if name.startswith("zaichang ") and "first look" not in name:
            rows = paired.rows(others, measured[ours.name])
            report.publish(
                "accuracy.paired",
                rows,
                parameters={"old": name},
                notes=paired.NOTES,
                destination=place("accuracy.paired"),
            )
    report.publish("accuracy.k_of_n", decisions, notes=k_of_n.NOTES, destination=place("accuracy.k_of_n"))


if __name__ == "__main__":
    main()
