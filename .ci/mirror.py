"""Tests mirror the source: each unit test is named after a source file, and each source file with logic has one.

``tests/unit/<room>/test_<file>.py`` or ``test_<file>_<aspect>.py`` tests ``<file>.py`` in the mirrored folder. A source
file without such a test stands in ``mirror_exceptions.txt`` beside the test that covers it instead. That list says how
many lines it may have, and only shrinks.

    python .ci/mirror.py    list the findings; exit 1 where there are any
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping, Set
from pathlib import Path

import repository

ROOT = repository.ROOT
EXCEPTIONS = Path(__file__).with_name("mirror_exceptions.txt")
UNIT = "tests/unit/"
FOLDERS = {
    "simulation": "service/zaichang_simulation",
    "client_sdk": "client_sdk/python/zaichang_client",
    "training": "models/training/pad_training",
    "benchmarks": "benchmarks",
}
"""Where a folder below ``tests/unit`` has its sources, if not in ``service/zaichang``."""
DEFAULT_FOLDER = "service/zaichang"
MUST_HAVE_TESTS = (DEFAULT_FOLDER, FOLDERS["simulation"], FOLDERS["client_sdk"])
"""Benchmarks and training are run by hand: their tests are named after a source, but they need none."""
WHOLE_ROOM = frozenset({"test_branch_coverage.py"})
"""Tests of a room as a whole."""
TRIVIAL_LINES = 30
"""A file with no branch in any function and at most this many lines of code needs no test of its own."""
_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.Match, ast.BoolOp, ast.comprehension)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def source_folder(room: str) -> str:
    """Return the folder that a folder below ``tests/unit`` mirrors; ``room`` may have several parts or be empty."""
    first, _, rest = room.partition("/")
    top = FOLDERS.get(first)
    parts = [top, rest] if top is not None else [DEFAULT_FOLDER, room]
    return "/".join(part for part in parts if part)


def has_logic(text: str) -> bool:
    """Return whether a source file needs a test: a function with a branch, or functions and many lines of code."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, _FUNCTIONS)]
    if any(isinstance(node, _BRANCHES) for function in functions for node in ast.walk(function)):
        return True
    return sum(_code_lines(function) for function in functions) > TRIVIAL_LINES


def _code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return len({line for node in body for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)})


def source_of(test: str, sources: Set[str]) -> str | None:
    """Return the source file that a unit test is named after: the longest name that fits, or None.

    Args:
        test: The test's path below ``tests/unit``.
        sources: Every source file, relative to the checkout.
    """
    room, _, name = test.rpartition("/")
    folder = source_folder(room)
    words = name.removeprefix("test_").removesuffix(".py").split("_")
    candidates = [f"{folder}/{'_'.join(words[:count])}.py" for count in range(len(words), 0, -1)]
    return next((path for path in candidates if path in sources), None)


def read_exceptions(text: str) -> tuple[int, dict[str, str]]:
    """Return how many exceptions there may be, and for each source file the test that covers it.

    Raises:
        ValueError: A line has no reason after the test.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    listed = {}
    for line in lines[1:]:
        source, test, *reason = line.split(" ", 2)
        if not reason:
            raise ValueError(f"{EXCEPTIONS.name}: {source} has no reason")
        listed[source] = test
    return int(lines[0].removeprefix("count:")), listed


def findings_in(files: Mapping[str, str], exceptions: str) -> list[str]:
    """Name each test without a source, each source without a test, and each wrong line of the list.

    Args:
        files: Path and text of every tracked Python file.
        exceptions: The text of the list.
    """
    tests = [path.removeprefix(UNIT) for path in files if path.startswith(UNIT) and "/test_" in path]
    sources = {path for path in files if not path.startswith("tests/")}
    found, tested = [], set()
    for test in tests:
        source = source_of(test, sources)
        if source is not None:
            tested.add(source)
        elif test.rsplit("/", 1)[-1] not in WHOLE_ROOM:
            found.append(f"{UNIT}{test}: no source file has this name in {source_folder(test.rpartition('/')[0])}/")
    wanted = {
        path
        for path in sources
        if path.startswith(tuple(f"{folder}/" for folder in MUST_HAVE_TESTS))
        and not path.endswith(("__init__.py", "__main__.py"))
        and has_logic(files[path])
    }
    allowed, listed = read_exceptions(exceptions)
    found += [f"{path}: no unit test is named after it" for path in sorted(wanted - tested - set(listed))]
    found += [
        f"{EXCEPTIONS.name}: {path} needs no exception now: remove it" for path in listed if path not in wanted - tested
    ]
    found += [f"{EXCEPTIONS.name}: {path}: there is no {test}" for path, test in listed.items() if test not in files]
    if len(listed) != allowed:
        found.append(f"{EXCEPTIONS.name}: says {allowed} and has {len(listed)}; lower the count, never raise it")
    return found


def findings() -> list[str]:
    """Name what breaks the mirror, for ``make check``."""
    files = {
        path.relative_to(ROOT).as_posix(): path.read_text() for path in repository.tracked() if path.suffix == ".py"
    }
    return findings_in(files, EXCEPTIONS.read_text())


def main() -> int:
    """Print the findings; 1 if there are any."""
    found = findings()
    print("\n".join(found) if found else "Tests mirror the source.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
