"""Every method of a port says what it costs, in one of the classes that the room's own docstring explains."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import zaichang.ports

FOLDER = Path(str(zaichang.ports.__file__)).parent
CLASSES = set(re.findall(r"\* ``(\w+)``:", zaichang.ports.__doc__ or ""))


def methods() -> list[tuple[str, str]]:
    """Return each method of each Protocol with its docstring on one line."""
    return [
        (f"{path.name}:{protocol.name}.{method.name}", " ".join((ast.get_docstring(method) or "").split()))
        for path in sorted(FOLDER.rglob("*.py"))
        for protocol in ast.walk(ast.parse(path.read_text()))
        if isinstance(protocol, ast.ClassDef) and any(getattr(base, "id", "") == "Protocol" for base in protocol.bases)
        for method in protocol.body
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_every_method_of_a_port_names_its_cost_class() -> None:
    found = methods()
    assert len(found) > 100 and CLASSES == {"memory", "read", "commit", "scan", "trip"}
    without = [name for name, said in found if said.count("Cost: ") != 1]
    assert without == []
    unknown = [name for name, said in found if said.split("Cost: ")[1].split(" ")[0].strip(".,:;") not in CLASSES]
    assert unknown == []
