"""The report of every benchmark: a table for people, JSON for machines, and the machine that was measured.

A benchmark collects rows (dictionaries with the same keys, units in the names) and calls ``publish``::

    from benchmarks import report

    report.publish("log.append", rows, parameters={"leaves": 100_000}, destination=arguments.json)

and is run from the checkout as ``.venv/bin/python -m benchmarks.log.append``.

The JSON holds machine, load, commit, package versions and the hashes of the models used, so that a figure can be
traced and measured again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "artefacts" / "benchmarks"
_PACKAGES = ("numpy", "onnxruntime", "ai-edge-litert", "opencv-python-headless", "msgspec", "cryptography", "uvicorn")

Cell = str | int | float | bool | None


def machine() -> dict[str, object]:
    """Return the machine's properties: processor, cores usable, memory, system, Python. No host name."""
    model = re.search(r"^model name\s*:\s*(.+)$", _text("/proc/cpuinfo"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+) kB$", _text("/proc/meminfo"), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_mib": int(memory[1]) // 1024 if memory else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_average_1_min": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """Return the commit measured, with ``+changes`` when tracked files differ from it; ``unknown`` outside git."""
    try:
        head = _git("rev-parse", "HEAD")
        return head + ("+changes" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def packages() -> dict[str, str]:
    """Return the versions of the packages that figures depend on, as far as they are installed."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def model_hashes(catalog: Path = ROOT / "models" / "catalog.toml") -> dict[str, str]:
    """Return the sha256 of every model the catalogue and ``models/weights`` hold, by name.

    A catalogue entry with a transform is named by the hash of the derived file, which is the one that runs.
    """
    hashes: dict[str, str] = {}
    if catalog.is_file():
        _collect(tomllib.loads(catalog.read_text()), "", hashes)
    for weights in sorted((catalog.parent / "weights").glob("*.onnx")):
        hashes[weights.stem] = hashlib.sha256(weights.read_bytes()).hexdigest()
    return hashes


def _collect(node: object, name: str, hashes: dict[str, str]) -> None:
    if isinstance(node, Mapping):
        name = str(node.get("role") or node.get("name") or name)
        found = node.get("derived_sha256") or node.get("sha256")
        if isinstance(found, str):
            hashes[name] = found
        for key, value in node.items():
            _collect(value, str(key) if isinstance(value, Mapping) else name, hashes)
    elif isinstance(node, list):
        for value in node:
            _collect(value, name, hashes)


def table(rows: Sequence[Mapping[str, Cell]]) -> str:
    """Return rows as aligned text; numbers stand right, floats with four significant digits."""
    if not rows:
        return "(no rows)"
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[_shown(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[index]) for line in [columns, *cells]) for index in range(len(columns))]
    right = [all(isinstance(row.get(column), int | float | None) for row in rows) for column in columns]
    return "\n".join(
        "  ".join(
            value.rjust(width) if is_right else value.ljust(width)
            for value, width, is_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in [columns, *cells]
    )


def publish(
    name: str,
    rows: Sequence[Mapping[str, Cell]],
    *,
    parameters: Mapping[str, object] | None = None,
    notes: Sequence[str] = (),
    destination: Path | None = None,
) -> Path:
    """Print the table and write the JSON.

    Args:
        name: Dotted, stable: ``accuracy.verification``.
        rows: Figures; the keys carry the units.
        parameters: The run's parameters.
        notes: Limits that a reader of the figures must know.
        destination: Where the JSON goes; ``artefacts/benchmarks/NAME.json`` otherwise.

    Returns:
        The path of the JSON.
    """
    path = destination or RESULTS / f"{name}.json"
    here, measured = machine(), commit()
    document = {
        "benchmark": name,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "commit": measured,
        "machine": here,
        "packages": packages(),
        "models": model_hashes(),
        "parameters": dict(parameters or {}),
        "rows": [dict(row) for row in rows],
        "notes": list(notes),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
    print(f"{name}  (commit {measured[:12]}, {here['cores']} cores of {here['processor']})")
    print(table(rows))
    for note in notes:
        print(f"note: {note}")
    print(f"written to {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}", file=sys.stderr)
    return path


def _shown(value: Cell) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
