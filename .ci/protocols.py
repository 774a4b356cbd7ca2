"""Ports stay small: no Protocol may have more than twelve methods, inherited ones included."""

from __future__ import annotations

import ast
from pathlib import Path

SERVICE = Path(__file__).resolve().parent.parent / "service"
PACKAGES = ("zaichang", "zaichang_simulation")
METHODS_MAX = 12


def _base_name(base: ast.expr) -> str:
    """Return the last name of a base class: ``Protocol`` for ``Protocol[T]`` and ``typing.Protocol``; else empty."""
    if isinstance(base, ast.Subscript):
        base = base.value
    if isinstance(base, ast.Attribute):
        return base.attr
    return base.id if isinstance(base, ast.Name) else ""


def _methods(node: ast.ClassDef, known: dict[str, list[ast.ClassDef]]) -> set[str]:
    """Return the names of own and inherited methods; of bases that share a name, all count."""
    family, todo = [], [node]
    while todo:
        each = todo.pop()
        family.append(each)
        above = [other for base in each.bases for other in known.get(_base_name(base), [])]
        todo += [other for other in above if other not in family and other not in todo]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {part.name for each in family for part in each.body if isinstance(part, functions)}


def findings_in(texts: dict[str, str]) -> list[str]:
    """Name the Protocols with too many methods, given source text by file name."""
    found = [
        (name, node)
        for name, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and "Protocol" in map(_base_name, node.bases)
    ]
    known: dict[str, list[ast.ClassDef]] = {}
    for _, node in found:
        known.setdefault(node.name, []).append(node)
    counts = [(name, node.name, len(_methods(node, known))) for name, node in found]
    return [
        f"{name}: {protocol} has {count} methods; at most {METHODS_MAX}: cut it by its users"
        for name, protocol, count in sorted(counts)
        if count > METHODS_MAX
    ]


def too_wide() -> list[str]:
    """Name the Protocols with too many methods in the service and its simulation."""
    paths = sorted(path for package in PACKAGES for path in (SERVICE / package).rglob("*.py"))
    return findings_in({path.relative_to(SERVICE).as_posix(): path.read_text() for path in paths})
