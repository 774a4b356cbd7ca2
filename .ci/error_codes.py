"""Reads the error codes and their messages from the source; docs/errors.md is generated from them.

A code counts where an error class of ``zaichang.core.errors`` is called. The code and the message may be literals,
conditional expressions, or names that lead to literals in the same module: an assignment, or a parameter filled by
the module's own calls. Anything else is reported, so that no error stays undocumented by accident.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "service" / "zaichang"
CODE_SHAPE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*|E_[A-Z][A-Z_]*")
_MAX_DEPTH = 4
_HEARTBEAT = (
    "Heartbeat {seq} was not used; {expected_seq} is expected.",
    "Answer the last acknowledgement, or reconnect with resume.",
)
TOLD = {
    "heartbeat.nonce": _HEARTBEAT,
    "heartbeat.replayed": _HEARTBEAT,
    "heartbeat.out_of_order": _HEARTBEAT,
    "reveal.mismatch": (
        "The sentence of `NONCE_REJECTED`.",
        "Send the nonce that the join committed to; where it is lost, join without resume.",
    ),
    "capture.capture_late": ("The sentence of `CAPTURE_LATE`.", ""),
    "capture.capture_nonce": ("The sentence of `CAPTURE_NONCE`.", ""),
}
"""Codes of the websocket's message `error` that no exception carries, with message and hint; a test holds the list."""
UNFORESEEN = "server.error"
"""The answer of HTTP to an error that our code did not foresee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """One place that makes an error: its class, the codes it may carry, its messages and hints, and where."""

    error_class: str
    codes: tuple[str, ...]
    messages: tuple[str, ...]
    where: str
    hints: tuple[str, ...] = ()


def error_classes() -> dict[str, type]:
    """Return every class of the tree by name."""
    from zaichang.core import errors

    classes = {name: getattr(errors, name) for name in errors.__all__}
    return {name: found for name, found in classes.items() if isinstance(found, type)}


def subclasses(texts: Iterable[str]) -> dict[str, str]:
    """Return the classes that the source derives from the tree, each with its class in the tree."""
    known = {name: name for name in error_classes()}
    nodes = [node for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
    for node in nodes:
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in known and node.name not in known:
                known[node.name] = known[base.id]
    return known


def template(node: ast.JoinedStr) -> str:
    """Return an f-string as people read it: ``{size}`` for simple values, an ellipsis for the rest."""
    parts = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
        elif isinstance(value, ast.FormattedValue):
            inner = value.value
            name = inner.attr if isinstance(inner, ast.Attribute) else inner.id if isinstance(inner, ast.Name) else ""
            parts.append(f"{{{name}}}" if name.strip("_") == name != "" else "…")
    return "".join(parts)


class Module:
    """One parsed source file, able to follow a name to the literals behind it."""

    def __init__(self, path: Path, text: str, classes: dict[str, str] | None = None) -> None:
        """Parse ``text`` and note which function holds each node; ``classes`` come from ``subclasses``."""
        self.path, self.tree = path, ast.parse(text)
        self.classes = classes or {name: name for name in error_classes()}
        self.function_of: dict[ast.AST, ast.FunctionDef | ast.AsyncFunctionDef | None] = {}
        self._note(self.tree, None)

    def _note(self, node: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef | None) -> None:
        for child in ast.iter_child_nodes(node):
            self.function_of[child] = function
            self._note(child, child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function)

    def literals(self, node: ast.expr, depth: int = 0) -> list[str]:
        """Return the texts that an expression may stand for; empty where the source does not tell."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.JoinedStr):
            return [template(node)]
        if isinstance(node, ast.IfExp):
            return [*self.literals(node.body, depth), *self.literals(node.orelse, depth)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            rights = self.literals(node.right, depth) or ["…"]
            return [left + right for left in self.literals(node.left, depth) for right in rights]
        if isinstance(node, ast.Name) and depth < _MAX_DEPTH:
            return self._behind_name(node, depth + 1)
        return []

    def _behind_name(self, name: ast.Name, depth: int) -> list[str]:
        function = self.function_of[name]
        if function is not None:
            parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            for position, parameter in enumerate(parameters):
                if parameter.arg == name.id:
                    return self._passed(function, position, name.id, depth)
        found: list[str] = []
        for node in ast.walk(self.tree):
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            named = any(isinstance(target, ast.Name) and target.id == name.id for target in targets)
            if named and self.function_of[node] in {function, None} and isinstance(node, ast.Assign | ast.AnnAssign):
                found += self.literals(node.value, depth) if node.value is not None else []
        return found

    def _passed(self, function: ast.AST, position: int, name: str, depth: int) -> list[str]:
        title = getattr(function, "name", "")
        found: list[str] = []
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call):
                continue
            method = isinstance(node.func, ast.Attribute)
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called != title:
                continue
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            index = position - 1 if method else position
            value = given.get(name) or (node.args[index] if 0 <= index < len(node.args) else None)
            if value is not None:
                found += self.literals(value, depth)
        return found

    def _own_init(self) -> dict[ast.Call, str]:
        """Return, for error classes that fill in their own code, the call of the tree's ``__init__``."""
        return {
            call: node.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ClassDef) and node.name in self.classes
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__"
        }

    def raised(self) -> Iterator[Raised]:
        """Yield every call of an error class in this file."""
        own = self._own_init()
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Call):
                continue
            name = own.get(node) or (
                node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            )
            if name not in self.classes or (name in own.values() and node not in own):
                continue
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            code = given.get("code") or (node.args[0] if node.args else None)
            if isinstance(code, ast.Attribute) and code.attr == "code":
                continue  # the same error in another class: its code stands where it was made
            message = given.get("message") or (node.args[1] if len(node.args) > 1 else None)
            hint = given.get("hint") or (node.args[2] if len(node.args) > 2 else None)
            yield Raised(
                error_class=self.classes[name],
                codes=tuple(dict.fromkeys(self.literals(code))) if code is not None else (),
                messages=tuple(dict.fromkeys(self.literals(message))) if message is not None else (),
                where=f"{self.path}:{node.lineno}",
                hints=tuple(dict.fromkeys(self.literals(hint))) if hint is not None else (),
            )


def all_raised(source: Path = SOURCE) -> list[Raised]:
    """Return every place in the packages that makes an error; by default the service and the simulation."""
    packages = (source, source.with_name("zaichang_simulation")) if source == SOURCE else (source,)
    files = [
        (path.relative_to(package), path.read_text())
        for package in packages
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).as_posix() != "core/errors.py"
    ]
    classes = subclasses(text for _, text in files)
    return [each for path, text in files for each in Module(path, text, classes).raised()]


def undocumentable(raised: list[Raised]) -> list[str]:
    """Name the places whose code cannot be read or has the wrong shape, and the codes that say nothing literal."""
    found = [
        f"{item.where}: the code of this {item.error_class} cannot be read from the source"
        for item in raised
        if not item.codes
    ]
    found += [
        f"{item.where}: {code!r} is not of the form area.what"
        for item in raised
        for code in item.codes
        if not CODE_SHAPE.fullmatch(code)
    ]
    spoken = {code for item in raised if item.messages for code in item.codes}
    found += [
        f"{item.where}: nothing in the source says what {code} means"
        for item in raised
        for code in item.codes
        if code not in spoken
    ]
    return found
