"""docs/evidence-reference.md: the tables and pictures of the evidence page, made from the code."""

from __future__ import annotations

import ast
from pathlib import Path

from zaichang import audit
from zaichang.audit.codes import MEANINGS
from zaichang.tlog.merkle import consistency_ranges, inclusion_ranges, leaf_hash, root_hash
from zaichang.tlog.schema import KINDS
from zaichang.tlog.tiles import tiles_of

NOTE = "<!-- Generated from the code by `make docs`; change the code, not this page. -->\n\n"
_LEAVES = 7
_PROVEN = 4
_OLD = 3


ALWAYS_UNDECIDED = ("E_EXPIRED", "E_QUORUM")
"""Codes that are never a finding of a check: ``findings.error`` records them so."""


def undecided_codes() -> set[str]:
    """Return the codes with which a check of ``zaichang.audit`` can end undecided."""
    found = set(ALWAYS_UNDECIDED)
    for path in Path(audit.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "undecided":
                found |= {
                    str(arg.value) for arg in node.args if isinstance(arg, ast.Constant) and arg.value in MEANINGS
                }
    return found


def tree_ranges(shown: int = _LEAVES) -> list[list[tuple[int, int]]]:
    """Return the ranges of leaves that the nodes of each height cover, from the leaves up."""
    ranges: list[list[tuple[int, int]]] = [[(n, n + 1) for n in range(shown)]]
    while len(ranges[-1]) > 1:
        row = ranges[-1]
        ranges.append([(row[i][0], row[min(i + 1, len(row) - 1)][1]) for i in range(0, len(row), 2)])
    return ranges


def tree_picture(marked: set[tuple[int, int]], shown: int = _LEAVES, changed: int | None = None) -> list[str]:
    """Draw the tree over ``shown`` leaves, a row for each height; the marked nodes stand in brackets.

    Args:
        marked: Nodes, as ranges of leaves.
        shown: Number of leaves.
        changed: A leaf that has another text than the others' rule gives.
    """
    ranges = tree_ranges(shown)
    texts = [b"record %d" % n if n != changed else b"another text" for n in range(shown)]
    hashes = [leaf_hash(text) for text in texts]
    lines = []
    for row in reversed(ranges):
        cells = []
        for start, end in row:
            name = root_hash(hashes[start:end]).hex()[:4]
            text = f"[{name}]" if (start, end) in marked else f" {name} "
            if end - start == 1 and row is not ranges[0]:
                # A node without a neighbour goes up as it is.
                text = "|"
            cells.append(text.center(8 * (end - start)))
        lines.append("".join(cells).rstrip())
    lines.append("".join(f"{n}".center(8) for n in range(shown)).rstrip())
    return lines


def evidence_page() -> str:
    """Return the page."""
    proof = set(inclusion_ranges(_PROVEN, _LEAVES))
    growth = set(consistency_ranges(_OLD, _LEAVES))
    lines = [
        "# Evidence: reference",
        "",
        "How to read these tables: [evidence.md](evidence.md).",
        "",
        "## A log of seven records, drawn from the code",
        "",
        "下面一行是记录的编号，上面每一格是一个指纹的前四位。每一格由它下面两格算出来；签名签的是最上面那一格。",
        "",
        "Each name is the beginning of a hash. A node's hash is made of the two below it, so the one at the top, which",
        "is signed, changes with any record.",
        "",
        f"有人改了第 {_PROVEN} 条记录：方括号里的指纹全部跟着变，签名就对不上了。",
        f"An attacker changes record {_PROVEN}: every bracketed hash changes too, and the signature no longer fits:",
        "",
        "```text",
        *tree_picture({r for row in tree_ranges() for r in row if r[0] <= _PROVEN < r[1]}, changed=_PROVEN),
        "```",
        "",
        f"要证明第 {_PROVEN} 条在日志里，只要方括号里的几个指纹（包含证明），不必拿到整份日志。",
        f"To prove that record {_PROVEN} is in the log, only the bracketed hashes are needed (an inclusion proof):",
        "",
        "```text",
        *tree_picture(proof),
        "```",
        "",
        f"要证明以前看过的 {_OLD} 条就是现在这份日志的开头（一致性证明），同样只要方括号里的几个。",
        f"To prove that the log of {_OLD} records seen earlier is the beginning of this one (a consistency proof):",
        "",
        "```text",
        *tree_picture(growth),
        "```",
        "",
        "## Files of a log of 70,000 records",
        "",
        "| kind | files | the last one |",
        "|---|---|---|",
    ]
    groups: dict[int, list[str]] = {}
    for tile in tiles_of(70_000):
        groups.setdefault(tile.level, []).append(tile.path())
    for level, paths in groups.items():
        what = "records, 256 to a file" if level < 0 else f"hashes, level {level}"
        lines.append(f"| {what} | {len(paths)} | `{paths[-1]}` |")
    lines += ["", "## Leaves", "", "No field can hold free text, so none can hold a person's name.", ""]
    for kind, fields in KINDS.items():
        lines += [f"### {kind}", "", "| field | must be | |", "|---|---|---|"]
        for name, field in fields.items():
            what = field.what.replace("|", "\\|")
            lines.append(f"| `{name}` | {what} | {'' if field.required else 'may be absent'} |")
        lines.append("")
    lines += [
        "## Codes of checks / 检查代码",
        "",
        "A code says what a check is about. **Result** says how such a check can end where it does not pass: with a",
        "finding (结论：有问题, exit code 1), or undecided (无法判定, exit code 2), because something is missing that",
        "the check needs. Where both can be, [evidence.md](evidence.md#exit-code-2-undecided) has the causes.",
        "",
        "| code | result | 含义 | meaning |",
        "|---|---|---|---|",
    ]
    undecided = undecided_codes()
    for code, meaning in MEANINGS.items():
        both = "finding or undecided" if code in undecided else "finding"
        result = "undecided" if code in ALWAYS_UNDECIDED else both
        lines.append(f"| `{code}` | {result} | {meaning.zh} | {meaning.en} |")
    return NOTE + "\n".join(lines) + "\n"
