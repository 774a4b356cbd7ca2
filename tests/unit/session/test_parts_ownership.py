"""Each part of the state is written by the module of its name, and by no other: read from the assignments."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import zaichang.session
from zaichang.session import parts
from zaichang.session.state import PARTS, State
from zaichang.session.values import Round

ROOM = Path(zaichang.session.__file__).parent
COPIED = ("parts", "credit_part", "liveness_part", "sample_part", "values", "state")
ELSEWHERE = {*((module, "copy") for module in COPIED), ("turn", "__init__")}
"""Functions that fill a new object of their own class."""
ROUND = "round"
"""The value of ``proofs`` that is changed in place: as much its own as the part is."""


def targets(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield every expression that is assigned to or deleted."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=found) | ast.Delete(targets=found):
                yield from found
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target) | ast.NamedExpr(target=target):
                yield target
            case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
                yield target
            case ast.With(items=items):
                yield from (item.optional_vars for item in items if item.optional_vars is not None)


def flat(target: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from flat(item)
    else:
        yield target.value if isinstance(target, ast.Starred) else target


def part_of(value: ast.expr, names: dict[str, str]) -> str:
    """Return the part that an expression stands for: ``....state.<part>``, or a name that was bound to one."""
    if isinstance(value, ast.Name):
        return names.get(value.id, "")
    if isinstance(value, ast.Attribute) and value.attr in (*PARTS, ROUND):
        return value.attr
    if isinstance(value, ast.Call) and any(part_of(each, {}) == ROUND for each in value.args):
        return ROUND  # a judgement that returns the round it was given, or None
    return ""


def bound(function: ast.AST) -> dict[str, str]:
    """Return the local names that stand for a part, or for the round."""
    names: dict[str, str] = {}
    if isinstance(function, ast.FunctionDef):
        arguments = (each for each in function.args.args if each.annotation is not None)
        names = {each.arg: ROUND for each in arguments if ast.unparse(each.annotation or each) == "Round"}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = (
                zip(target.elts, node.value.elts, strict=True)
                if _parallel(target, node.value)
                else [(target, node.value)]
            )
            for name, value in pairs:
                if isinstance(name, ast.Name) and part_of(value, {}):
                    names[name.id] = part_of(value, {})
    return names


def _parallel(target: ast.expr, value: ast.expr) -> bool:
    return isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts)


def writes(source: str, module: str) -> list[tuple[str, str]]:
    """Return ``(part, field)`` of every assignment to an attribute; the part is empty where it is none of a part."""
    found: list[tuple[str, str]] = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef) or (module, function.name) in ELSEWHERE:
            continue
        names = bound(function)
        for target in targets(function):
            for each in flat(target):
                if isinstance(each, ast.Subscript):
                    each = each.value
                if isinstance(each, ast.Attribute):
                    found.append((part_of(each.value, names), each.attr))
    return found


def sources() -> dict[str, str]:
    return {
        path.stem: path.read_text(encoding="utf-8") for path in sorted(ROOM.rglob("*.py")) if path.stem != "__init__"
    }


def test_the_state_is_the_start_event_and_eight_parts() -> None:
    assert tuple(spec.name for spec in fields(State)) == ("info", *PARTS)
    assert len(PARTS) == 8


@pytest.mark.parametrize("module", sources())
def test_a_module_writes_its_own_part_and_nothing_else(module: str) -> None:
    found = writes(sources()[module], module)
    own = {module} if module in PARTS else set()
    assert {part for part, _ in found} <= (own | {ROUND} if module == "proofs" else own), found


@pytest.mark.parametrize("part", PARTS)
def test_every_field_of_a_part_is_written_there(part: str) -> None:
    cls = getattr(parts, part.capitalize())
    written = {field for name, field in writes(sources()[part], part) if name == part}
    assert written == {spec.name for spec in fields(cls)}, "a field that is never written is none"


def test_every_field_of_the_round_is_written_or_fixed_when_it_begins() -> None:
    written = {field for part, field in writes(sources()["proofs"], "proofs") if part == ROUND}
    fixed = {"number", "staked_ms", "bare", "back", "span", "span_ms", "places", "absent"}
    assert written | fixed == {spec.name for spec in fields(Round)} and not written & fixed


@pytest.mark.parametrize("module", sources())
def test_there_is_no_way_round_the_assignments(module: str) -> None:
    called = {node.id for node in ast.walk(ast.parse(sources()[module])) if isinstance(node, ast.Name)}
    touched = {node.attr for node in ast.walk(ast.parse(sources()[module])) if isinstance(node, ast.Attribute)}
    assert not called & {"setattr", "delattr", "vars", "exec", "eval"}
    assert not touched & {"__dict__", "__setattr__", "__delattr__"}


def test_foreign_writes_are_seen() -> None:
    source = (
        "def a(turn):\n    turn.state.credit.held = 1\n"
        "def b(turn):\n    page = turn.state.page\n    page.hold = None\n"
        "def c(turn):\n    state, link = turn.state, turn.state.link\n    link.seq += 1\n"
        "def d(turn):\n    x = turn.state.proofs\n    a, x.strikes = 1, 2\n"
        "def e(turn):\n    turn.state.info = None\n"
        "def f(turn):\n    current = turn.state.proofs.round\n    current.beats += 1\n"
        "def g(turn):\n    current = captures.awaited(turn.state.proofs.round)\n    current.late = True\n"
        "def h(turn, current: Round):\n    current.cut = None\n"
        "def i(turn):\n    turn.state.proofs.round.passes = 0\n"
    )
    assert sorted(writes(source, "step")) == [
        ("", "info"), ("credit", "held"), ("link", "seq"), ("page", "hold"), ("proofs", "strikes"), ("round", "beats"),
        ("round", "cut"), ("round", "late"), ("round", "passes"),
    ]  # fmt: skip


def test_tests_set_up_a_state_through_events_owners_or_one_builder(root: Path) -> None:
    """A field that a test assigns by itself would go on existing there after its owner has dropped it."""
    places = [*(root / "tests" / "support").glob("*.py"), *(root / "tests" / "unit" / "session").rglob("*.py")]
    places += (root / "tests" / "property").glob("*.py")
    assert len(places) > 50
    found = {
        (path.name, part, field)
        for path in places
        for part, field in writes(path.read_text(encoding="utf-8"), path.stem)
        if part
    }
    assert found == set()
