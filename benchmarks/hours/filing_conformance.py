"""A hostile platform's twelve behaviours against the adapters of filing, as a table.

    python -m benchmarks.hours.filing_conformance [--adapter https] [--json FILE]

The other side is a stand-in in this process: an HTTP transport, a folder, a real SFTP server, a learning record store.
A behaviour that this stand-in cannot show is marked: a folder is never down, an LRS gives no receipts, and the SFTP
server is not stopped. Exit 1 where a promise is broken. An adapter of one's own is tried in the same way: give
``conformance`` its peer (tests/support/filing_conformance.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

from benchmarks import report
from tests.support.filing_conformance import BEHAVIOURS, Result, conformance

ADAPTERS = ("https", "offline", "sftp", "lrs")
_MARKS = {"kept": "kept", "cannot happen": "-"}


async def tried(adapters: tuple[str, ...], folder: Path) -> dict[str, list[Result]]:
    """Return the outcomes for each adapter."""
    return {adapter: await conformance(adapter, folder / adapter) for adapter in adapters}


def table(found: dict[str, list[Result]]) -> list[str]:
    """Return the outcomes as lines: one row for each behaviour."""
    lines = [" ".join([f"{'behaviour':14}", *(f"{adapter:10}" for adapter in found)])]
    for number, name in enumerate(BEHAVIOURS):
        outcomes = [_MARKS.get(results[number].outcome, "BROKEN") for results in found.values()]
        lines.append(" ".join([f"{name:14}", *(f"{outcome:10}" for outcome in outcomes)]))
    return [line.rstrip() for line in lines]


def broken(found: dict[str, list[Result]]) -> list[str]:
    """Return a sentence for each broken promise."""
    return [
        f"{adapter}, {result.behaviour}: {result.outcome}"
        for adapter, results in found.items()
        for result in results
        if result.outcome not in _MARKS
    ]


def main() -> int:
    """Print the table and the broken promises; exit 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adapter", choices=ADAPTERS, help="one alone; default: all")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = asyncio.run(tried((args.adapter,) if args.adapter else ADAPTERS, Path(name)))
    for line in [*table(found), *broken(found)]:
        print(line)
    if args.json:
        outcomes = {adapter: dict(results) for adapter, results in found.items()}
        args.json.write_text(
            json.dumps({"machine": report.machine(), "commit": report.commit(), "outcomes": outcomes}, indent=1)
        )
    return 1 if broken(found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
