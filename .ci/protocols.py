"""Ports stay small: no Protocol of the service may have more than twelve methods, inherited ones included."""

from __future__ import annotations

import ast
from pathlib import Path

SERVICE = Path(__file__).resolve().parent.parent / "service" / "zaichang"
METHODS_MAX = 12


def findings_in(texts: dict[str, str]) -> list[str]:
    """Name the Protocols with too many methods, given source text by file name."""
    classes = {
        node.name: (name, node, {base.id for base in node.bases if isinstance(base, ast.Name)})
        for name, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id == "Protocol" for b in node.bases)
    }

    def methods(name: str) -> set[str]:
        _, node, bases = classes[name]
        own = {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        return own.union(*(methods(base) for base in bases if base in classes))

    counts = {name: len(methods(name)) for name in sorted(classes)}
    return [
        f"{classes[name][0]}: {name} has {count} methods; at most {METHODS_MAX}: cut it by its users"
        for name, count in counts.items()
        if count > METHODS_MAX
    ]


def too_wide() -> list[str]:
    """Name the service's Protocols with too many methods."""
    return findings_in({str(path.relative_to(SERVICE)): path.read_text() for path in sorted(SERVICE.rglob("*.py"))})
