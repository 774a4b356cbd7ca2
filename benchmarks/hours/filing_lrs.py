"""Files a batch with a real learning record store and reads it back: stored once, corrected, listed.

    python -m benchmarks.hours.filing_lrs --url http://127.0.0.1:8765/xAPI --user zc --password-file FILE [--json FILE]

Ralph (PyPI ralph-malph, MIT, with requests and python-jose beside it) needs an environment of its own: it pins FastAPI.
Its file backend writes its file once only, unless ``FSLRSBackend.default_operation_type`` is set to ``APPEND`` before
``ralph.api`` is imported. It does not carry voiding out; the adapter leaves voided statements out of a list itself.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import secrets
import tempfile
from pathlib import Path

from benchmarks import report
from tests.support.filed_rows import filed
from tests.support.filing_side import PEOPLE, write_files
from tests.support.filing_views import view
from zaichang.adapters.filing.lrs import LrsPlatform
from zaichang.adapters.filing.requests import Access, Requests
from zaichang.hours.filing.joining import join
from zaichang.hours.filing.people import read_people
from zaichang.hours.filing.targets import read_target
from zaichang.ledger.filing.rows import Filed
from zaichang.ports.hours.filing import Document


async def steps(url: str, login: str) -> dict[str, bool]:
    """Return each step and whether it held."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = read_target(write_files(folder))
        (folder / "people.csv").write_text(PEOPLE)
        people = read_people(folder / "people.csv")
        basic = base64.b64encode(login.encode()).decode()
        headers = {"authorization": f"Basic {basic}", "x-experience-api-version": "1.0.3"}
        access = Access(url=url, now_s=lambda: 0, nonce=lambda: "", headers=headers)
        # A home of its own for each run: the store may hold the statements of earlier runs.
        home = f"https://college.example/{secrets.token_hex(4)}"
        platform = LrsPlatform(target.mapping, Requests(access), home, "learner")

        def document(row: Filed) -> Document:
            filled, _ = join(view(row), people, target.mapping, target.terms, platform.capabilities())
            return platform.prepare(filled)

        async def states(made: Document) -> list[str]:
            return [str(word.state) for word in (await platform.poll(await platform.send(made))).rows]

        first = document(filed(1, "prepared", amount="8/3"))
        newer = document(filed(2, "prepared", operation="replace", replaces=1, amount=3))
        gone = document(filed(3, "prepared", operation="withdraw", replaces=2, amount=0))
        found = {"stored": await states(first) == ["accepted"], "sent again": await states(first) == ["accepted"]}
        found["corrected"] = await states(newer) == ["accepted", "accepted"]
        found["listed"] = [tuple(row) for row in await platform.listing(2026)] == [("li/law/2026/2", "3")]
        found["withdrawn"] = await states(gone) == ["accepted"]
        found["list is empty"] = list(await platform.listing(2026)) == []
        return found


def main() -> int:
    """Print each step; exit 1 where one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found = asyncio.run(steps(args.url, f"{args.user}:{args.password_file.read_text().strip()}"))
    for step, held in found.items():
        print(f"{step:16} {'ok' if held else 'DOES NOT HOLD'}")
    if args.json:
        args.json.write_text(
            json.dumps({"machine": report.machine(), "commit": report.commit(), "steps": found}, indent=1)
        )
    return 0 if all(found.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
