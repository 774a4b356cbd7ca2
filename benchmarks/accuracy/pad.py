"""Presentation-attack detection on people and sources left out of training, the teacher beside it.

    make bench-pad        (PYTHONPATH=service:models/training python -m benchmarks.accuracy.pad --help)

Three tables: errors by species and source at the operating threshold; equal error rate and worst species at
BPCER <= 5 %; decisions k of n over one presentation. The network was trained on unlabelled identity photos alone, so
every source here is one it never saw. Needs the development media; the teacher column needs torch and its weights.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from pad_training.media import FaceFinder, fetch_detector, shared_folder

from benchmarks import report
from benchmarks.accuracy import pad_metrics as metrics
from benchmarks.accuracy.pad_samples import GENUINE, Sample, measured, score, simulated

SHIPPED = report.ROOT / "models" / "weights" / "pad.onnx"
OPERATING_THRESHOLD = 0.5
TEACHER_THRESHOLD = 0.5
BPCER_LIMIT = 0.05
K_OF_N = ((1, 1), (1, 3), (2, 3), (3, 3), (2, 5), (3, 5), (4, 5))
Run = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float64]]


def onnx_runner(path: Path) -> Run:
    """Score crops with an exported network, one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])

    def run(views: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        live = session.run(None, {"views": views.astype(np.float32)})[0]
        return np.asarray(live, dtype=np.float64).ravel()

    return run


def teacher_runner(weights: Path) -> Run | None:
    """Score crops with the teacher, or None where torch or its weights are absent."""
    try:
        import torch
        from pad_training.teacher import Teacher, live_probability

        teacher = Teacher(weights)
    except (ImportError, FileNotFoundError):
        return None
    torch.set_num_threads(1)

    def run(views: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        logits = teacher.logits(torch.from_numpy(views).float())
        return np.asarray(live_probability(logits).numpy(), dtype=np.float64)

    return run


class Scored:
    """Samples with both networks' scores, to be cut by species and source."""

    def __init__(self, samples: list[Sample], ours: list[float], teacher: list[float] | None) -> None:
        """Keep frames of one source together."""
        self.samples = samples
        self.columns = {"ours": np.array(ours)} | ({"teacher": np.array(teacher)} if teacher else {})

    def where(self, wanted: Callable[[Sample], bool]) -> npt.NDArray[np.intp]:
        """Rows with a face for which ``wanted`` holds."""
        hits = [at for at, sample in enumerate(self.samples) if sample.views is not None and wanted(sample)]
        return np.array(hits, dtype=np.intp)


def _is_of(species: str, source: str | None, sample: Sample) -> bool:
    return sample.species == species and source in (None, sample.source)


def _rate(rate: metrics.Rate, name: str) -> dict[str, report.Cell]:
    low, high = rate.interval()
    return {f"{name}_%": 100 * rate.value, f"{name}_95_%": f"{100 * low:.1f}-{100 * high:.1f}"}


def species_rows(scored: Scored) -> list[dict[str, report.Cell]]:
    """Errors by species and source at the operating threshold."""
    groups = sorted({(s.species != GENUINE, s.species, s.source) for s in scored.samples})
    rows: list[dict[str, report.Cell]] = []
    for is_attack, species, source in groups:
        mine = [s for s in scored.samples if (s.species, s.source) == (species, source)]
        at = scored.where(partial(_is_of, species, source))
        row: dict[str, report.Cell] = {
            "rate": "APCER" if is_attack else "BPCER",
            "species": species,
            "source": source,
            "people": len({s.subject for s in mine}),
            "frames": len(at),
            "no_face": len(mine) - len(at),
        }
        count = metrics.accepted if is_attack else metrics.rejected
        for name, scores in scored.columns.items():
            threshold = OPERATING_THRESHOLD if name == "ours" else TEACHER_THRESHOLD
            if len(at):
                row |= _rate(count(scores[at], threshold), name)
        rows.append(row)
    return rows


def _summary_rows(scored: Scored, attacks: tuple[str, ...], people: str) -> list[dict[str, report.Cell]]:
    """Equal error, and each species at BPCER <= 5 % and at the operating threshold, for each network."""
    genuine = scored.where(partial(_is_of, GENUINE, None))
    by_species = {name: scored.where(partial(_is_of, name, None)) for name in attacks}
    by_species = {name: at for name, at in by_species.items() if len(at)}
    rows: list[dict[str, report.Cell]] = []
    for name, scores in scored.columns.items():
        all_attacks = np.concatenate([scores[at] for at in by_species.values()])
        eer, eer_threshold = metrics.equal_error(scores[genuine], all_attacks)
        for label, threshold in (
            ("BPCER <= 5 %", metrics.strictest_threshold(scores[genuine], BPCER_LIMIT)),
            ("operating", OPERATING_THRESHOLD if name == "ours" else TEACHER_THRESHOLD),
            ("equal error", eer_threshold),
        ):
            worst = {key: metrics.accepted(scores[at], threshold).value for key, at in by_species.items()}
            row: dict[str, report.Cell] = {
                "attacks": people,
                "network": name,
                "point": label,
                "threshold": threshold,
                "EER_%": 100 * eer,
                "BPCER_%": 100 * metrics.rejected(scores[genuine], threshold).value,
                "worst_species": max(worst, key=lambda key: worst[key]),
                "worst_APCER_%": 100 * max(worst.values()),
            }
            rows.append(row | {f"{key.split(' ')[0]}_%": 100 * value for key, value in worst.items()})
    return rows


def k_of_n_rows(scored: Scored) -> list[dict[str, report.Cell]]:
    """How often one presentation passes when k of n of its captures must; mean over presentations, and the worst."""
    rows: list[dict[str, report.Cell]] = []
    passed: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for sample, value in zip(scored.samples, scored.columns["ours"], strict=True):
        if sample.views is not None:
            passed[sample.species, sample.presentation].append(bool(value >= OPERATING_THRESHOLD))
    for k, n in K_OF_N:
        row: dict[str, report.Cell] = {"k": k, "n": n}
        for species in (GENUINE, "print", "replay_phone"):
            chances = [
                metrics.passes_k_of_n(frames, k, n)
                for (name, _), frames in passed.items()
                if name == species and len(frames) >= n
            ]
            if not chances:
                continue
            wrong = [1 - c for c in chances] if species == GENUINE else chances
            name = "BPCER" if species == GENUINE else f"APCER_{species}"
            row |= {f"{name}_%": 100 * float(np.mean(wrong)), f"{name}_worst_%": 100 * max(wrong)}
            row[f"{species}_presentations"] = len(wrong)
        rows.append(row)
    return rows


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--cache", type=Path, required=True, help="folder outside the checkout, for the detector's file"
    )
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    parser.add_argument("--json", type=Path, help="folder for the JSON")
    wanted = parser.parse_args()
    shared = shared_folder(report.ROOT)
    finder = FaceFinder(fetch_detector(wanted.cache))
    samples = list(measured(shared, finder))
    run = onnx_runner(wanted.weights)
    ours = score(samples, run)
    teach = teacher_runner(shared / "weights")
    scored = Scored(samples, ours, score(samples, teach) if teach else None)
    shown = list(simulated(shared, finder))
    shown_scored = Scored(
        [s for s in samples if s.species == GENUINE] + shown,
        [v for s, v in zip(samples, ours, strict=True) if s.species == GENUINE] + score(shown, run),
        None
        if teach is None
        else [float(v) for s, v in zip(samples, scored.columns["teacher"], strict=True) if s.species == GENUINE]
        + score(shown, teach),
    )
    only_shown = Scored(shown, score(shown, run), score(shown, teach) if teach else None)
    parameters = {
        "shipped_sha256": hashlib.sha256(wanted.weights.read_bytes()).hexdigest(),
        "operating_threshold": OPERATING_THRESHOLD,
        "teacher_threshold": TEACHER_THRESHOLD,
    }
    notes = (
        "Frames of one clip or sitting are alike: the intervals count frames as if they were not.",
        "Simulated rows use the simulation that training used; they are not evidence about real screens.",
    )

    def publish(name: str, rows: list[dict[str, report.Cell]]) -> None:
        target = wanted.json / f"{name}.json" if wanted.json else None
        report.publish(name, rows, parameters=parameters, notes=notes, destination=target)

    publish("accuracy.pad", species_rows(scored) + species_rows(only_shown))
    summary = _summary_rows(scored, ("print", "replay_phone", "replay_screen"), "real")
    simulated_species = tuple(sorted({s.species for s in shown}))
    publish("accuracy.pad_summary", summary + _summary_rows(shown_scored, simulated_species, "simulated"))
    publish("accuracy.pad_k_of_n", k_of_n_rows(scored))


if __name__ == "__main__":
    main()
