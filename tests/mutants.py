"""Mutate a pure room and list what its unit tests do not notice: ``make mutants`` (tests/README.md).

mutmut says how code can be changed; the rest is done here, because a whole test run for each of some thousand changes
takes hours. pytest collects once. Each change is made in a forked child, by giving the function another body, and the
child runs only tests that reach that function, its own file's first, until one fails. One core, lowest priority.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import inspect
import json
import os
import signal
import sys
import textwrap
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import libcst as cst
import pytest
from _pytest.runner import runtestprotocol
from libcst.metadata import MetadataWrapper
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

ROOT = Path(__file__).resolve().parent.parent
ROOM = os.environ.get("ROOM", "session")
"""The pure room that is mutated: ``make mutants ROOM=ledger``."""
SESSION = ROOT / "service" / "zaichang" / ROOM
TESTS = ROOT / "tests" / "unit" / ROOM
TEST_S = 10
"""A single test that takes longer under a change counts as noticing it."""
KILLED, SURVIVED, TIMED_OUT, UNREACHED = "killed", "survived", "timed out", "unreached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One change: the function, its name in the module, its body before and after, where it begins."""

    module: str
    function: str
    before: str
    after: str

    @property
    def difference(self) -> str:
        """The changed lines, as a short text."""
        lines = difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=0)
        return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def path_of(name: str) -> Path:
    """Return the file of a module of the session core, in the room or one of its folders."""
    return next(path for path in SESSION.rglob("*.py") if path.stem == name)


def module_of(path: Path) -> str:
    """Return the name under which a file of the session core is imported."""
    return ".".join(("zaichang", *path.relative_to(SESSION.parent).with_suffix("").parts))


def mutants_of(name: str) -> list[Mutant]:
    """Return every change of a module's functions and methods; docstrings, annotations and properties stay."""
    path = path_of(name)
    nothing: set[int] = set()
    visitor = MutationVisitor(
        mutation_operators,
        IgnoredCode(no_mutate_lines=nothing, ignore_node_lines=nothing, ignore_pattern_lines=nothing),
    )
    module = MetadataWrapper(cst.parse_module(path.read_text())).visit(visitor)
    found: list[Mutant] = []
    owners = _owners(module)
    for mutation in visitor.mutations:
        function = mutation.contained_by_top_level_function
        if not isinstance(function, cst.FunctionDef):  # a constant at the top of the module
            continue
        changed = deep_replace(function, mutation.original_node, mutation.mutated_node)
        before, after = (module.code_for_node(node).strip("\n") for node in (function, changed))  # type: ignore[arg-type]  # a function stays one
        if before != after:
            qualified = f"{owners.get(function, '')}{function.name.value}"
            found.append(Mutant(module=name, function=qualified, before=before, after=after))
    return found


def _owners(module: cst.Module) -> dict[cst.FunctionDef, str]:
    classes = [node for node in module.body if isinstance(node, cst.ClassDef)]
    return {
        child: f"{owner.name.value}."
        for owner in classes
        for child in owner.body.body
        if isinstance(child, cst.FunctionDef)
    }


def target_of(module: ModuleType, qualified: str) -> FunctionType | None:
    """Return the function whose body a mutant replaces, under any decorator that keeps it."""
    found: Any = module
    for part in qualified.split("."):
        found = inspect.getattr_static(found, part, None)
    found = inspect.unwrap(found) if callable(found) else getattr(found, "__func__", None)
    return found if isinstance(found, FunctionType) else None


def body_of(mutant: Mutant, module: ModuleType) -> FunctionType | None:
    """Compile the changed function in its module; None where Python refuses it."""
    space = dict(vars(module))
    try:
        exec(compile("from __future__ import annotations\n" + textwrap.dedent(mutant.after), "<mutant>", "exec"), space)  # noqa: S102  (its own code)
    except Exception:  # a change that does not even compile or define is noticed by anybody
        return None
    return target_of(_Space(space), mutant.function.split(".")[-1])


class _Space(ModuleType):
    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__("space")
        self.__dict__.update(names)


@dataclass
class Session:
    """The pytest plugin that does it all in place of the usual test loop."""

    mutants: list[Mutant]
    results: list[tuple[Mutant, str]] = field(default_factory=list)
    until_s: float = float("inf")
    journal: Path | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every test once to see what it reaches; then the mutants."""
        reached, took_s = self._baseline(session.items)
        for number, mutant in enumerate(self.mutants):
            if time.monotonic() > self.until_s:
                break
            module = importlib.import_module(module_of(path_of(mutant.module)))
            target = target_of(module, mutant.function)
            items = reached.get(target.__code__, []) if target is not None else []
            own = f"test_{mutant.module}.py"
            items = sorted(items, key=lambda item: (item.path.name != own, took_s[item.nodeid]))
            outcome = self._try(mutant, module, target, items) if target is not None and items else UNREACHED
            self.results.append((mutant, outcome))
            if outcome != KILLED:
                print(f"\n[{number + 1}/{len(self.mutants)}] {mutant.module}.{mutant.function}: {outcome}")
                print(mutant.difference, flush=True)
            if self.journal is not None:
                with self.journal.open("a") as file:
                    row = {"module": mutant.module, "function": mutant.function, "outcome": outcome}
                    file.write(json.dumps({**row, "difference": mutant.difference}) + "\n")
        return True

    def _baseline(self, items: list[pytest.Item]) -> tuple[dict[CodeType, list[pytest.Item]], dict[str, float]]:
        reached: dict[CodeType, list[pytest.Item]] = defaultdict(list)
        took_s: dict[str, float] = {}
        home = str(SESSION)
        for item, following in zip(items, [*items[1:], None], strict=True):
            seen: set[CodeType] = set()

            def note(frame: FrameType, event: str, _: object, seen: set[CodeType] = seen) -> None:
                if event == "call":
                    seen.add(frame.f_code)

            begun = time.monotonic()
            sys.setprofile(note)
            reports = runtestprotocol(item, nextitem=following, log=False)
            sys.setprofile(None)
            took_s[item.nodeid] = time.monotonic() - begun
            if not all(report.passed for report in reports):
                raise pytest.UsageError(f"{item.nodeid} fails without any change")
            for code in seen:
                if code.co_filename.startswith(home):
                    reached[code].append(item)
        return reached, took_s

    def _try(self, mutant: Mutant, module: ModuleType, target: FunctionType, items: list[pytest.Item]) -> str:
        body = body_of(mutant, module)
        if body is None:
            return KILLED
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            if os.WIFSIGNALED(status):
                return TIMED_OUT if os.WTERMSIG(status) == signal.SIGALRM else KILLED
            return SURVIVED if os.WEXITSTATUS(status) == 0 else KILLED
        code = 1
        try:
            target.__code__ = body.__code__
            target.__defaults__, target.__kwdefaults__ = body.__defaults__, body.__kwdefaults__
            for item, following in zip(items, [*items[1:], None], strict=True):
                signal.alarm(TEST_S)  # not caught: it ends the child
                if not all(report.passed for report in runtestprotocol(item, nextitem=following, log=False)):
                    break
            else:
                code = 0
        finally:
            os._exit(code)


def main() -> int:
    """Run, and print the survivors with their differences; 1 if there are any."""
    every = sorted(path.stem for path in SESSION.rglob("*.py") if path.stem != "__init__")
    parser = argparse.ArgumentParser(description="Mutation test of a pure room.")
    parser.add_argument("modules", nargs="*", default=every, help=f"which of {', '.join(every)}; all otherwise")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after this long; 0: when all is done")
    parser.add_argument("--journal", type=Path, help="append each result to this file, as lines of JSON")
    parser.add_argument("--again", type=Path, help="only what this journal lists as not noticed")
    chosen = parser.parse_args()
    os.nice(10)
    for place in (ROOT / "service", ROOT / "tests"):
        sys.path.insert(0, str(place))
    mutants = [mutant for name in chosen.modules for mutant in mutants_of(name)]
    if chosen.again:
        rows = [json.loads(line) for line in chosen.again.read_text().splitlines()]
        left = {(row["module"], row["function"], row["difference"]) for row in rows if row["outcome"] == SURVIVED}
        mutants = [mutant for mutant in mutants if (mutant.module, mutant.function, mutant.difference) in left]
    runner = Session(mutants=mutants, journal=chosen.journal)
    if chosen.minutes:
        runner.until_s = time.monotonic() + chosen.minutes * 60
    ignored = f"--ignore={TESTS / 'test_branch_coverage.py'}"
    status = pytest.main(
        ["-q", "-p", "no:cacheprovider", "-p", "no:cov", "--timeout=0", ignored, str(TESTS)], plugins=[runner]
    )
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return int(status)
    print(f"\n{'module':<14}{'mutants':>9}{'killed':>9}{'timed out':>11}{'survived':>10}{'unreached':>11}")
    for name in chosen.modules:
        outcomes = [outcome for mutant, outcome in runner.results if mutant.module == name]
        counts = [outcomes.count(kind) for kind in (KILLED, TIMED_OUT, SURVIVED, UNREACHED)]
        print(f"{name:<14}{len(outcomes):>9}{counts[0]:>9}{counts[1]:>11}{counts[2]:>10}{counts[3]:>11}")
    untried = len(runner.mutants) - len(runner.results)
    print(f"{untried} not tried. tests/README.md explains the survivors that are known.")
    return int(any(outcome in (SURVIVED, UNREACHED) for _, outcome in runner.results))


if __name__ == "__main__":
    sys.exit(main())
