"""Two identifiers side by side have types of their own, so that mypy sees it when a caller swaps them."""

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

SERVICE = Path(__file__).resolve().parents[3] / "service"
PLAIN = {"str", "str | None"}


def swappable(source: str) -> Iterator[str]:
    """Yield each function of a source that takes two plain texts called ``*_id`` one after the other."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            positional = [*node.args.posonlyargs, *node.args.args]
            for first, second in pairwise(positional):
                if _plain_id(first) and _plain_id(second):
                    yield f"{node.name}({first.arg}, {second.arg}), line {node.lineno}"


def _plain_id(parameter: ast.arg) -> bool:
    annotation = ast.unparse(parameter.annotation) if parameter.annotation is not None else ""
    return parameter.arg.endswith("_id") and annotation in PLAIN


def test_no_function_of_the_service_takes_two_identifiers_that_could_be_swapped() -> None:
    files = sorted(SERVICE.rglob("*.py"))
    assert len(files) > 400
    assert [f"{path}: {each}" for path in files for each in swappable(path.read_text())] == []


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ("self, institution_id: str, learner_id: str", 1),
        ("session_id: str | None, capture_id: str, at_ms: int", 1),
        ("institution_id: InstitutionId, learner_id: LearnerId", 0),
        ("institution_id: InstitutionId, learner_id: str", 0),
        ("session_id: str, at_ms: int, capture_id: str", 0),
        ("session_id: str, *, capture_id: str", 0),
    ],
)
def test_only_neighbours_that_are_passed_by_position_count(parameters: str, found: int) -> None:
    assert len(list(swappable(f"async def put({parameters}) -> None: ..."))) == found
