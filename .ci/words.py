"""Banned words in prose: pages, and the comments, docstrings and messages of Python, TypeScript, TOML, HTML and CSS.

docs/words.md says which words, why, and the standard word for each. Generated pages are read as well: their words come
from code.

    python .ci/words.py     list the lines with banned words; exit 1 where there are any
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import repository

ROOT = repository.ROOT
SKIPPED = ("docs/words.md", ".ci/words.py", "tests/test_words.py", "docs/adr/", "client_sdk/web/vendor/")
"""The page that names the banned words, the rule and its test; decision records are history."""
SUFFIXES = {".md", ".py", ".ts", ".tsx", ".js", ".mjs", ".toml", ".html", ".css"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One banned pattern.

    Attributes:
        pattern: Matches the banned wording in a line of prose.
        instead: The advice that a finding prints.
    """

    pattern: re.Pattern[str]
    instead: str


def _rule(pattern: str, instead: str) -> Rule:
    return Rule(pattern=re.compile(pattern, re.IGNORECASE), instead=instead)


_VERBS = "returns?|keeps?|holds?|reads?|writes?|takes?|gives?|drops?|counts?|stores?|covers?|carries|forgets?"
_NOUN = "name the thing, not 'what ...'"
RULES = (
    _rule(r"\bpop-?ups?\b", "challenge (its kinds: confirm, code, question, face, liveness, light)"),
    _rule(r"\b(?:whoever|nobody|somebody)\b", "name the person: learner, reviewer, operator, inspector, attacker"),
    _rule(rf"\b(?:of|by|with|from|than|for|to|in|on|and|or|{_VERBS}) what\b(?!ever| to )", _NOUN),
    _rule(r"(?:^|[.:;] )what [^?]*\b(?:is|are|was|were|counts?|gets?|goes)\b[^?]*$", _NOUN),
    _rule(r"\b(?:takes?|took|taking) note of\b", "record, count"),
    _rule(r"\b(?:is|are|was|were) said\b", "is reported, is stated"),
    _rule(r"\b(?:asks?|asked|left to|comes? before|waits? for) a person\b", "goes to review, opens a review case"),
    _rule(r"\b(?:un)?seal(?:s|ed|ing)? (?!value|(?-i:BLOB|FROM)\b)", "encrypt (a picture); anchor (a record)"),
    _rule(r"\blive (?:sessions?|learners?|in memory)\b", "open session"),
    _rule(r"\bdeliver\w*\b[^.]*\boutbox\b", "publish (minutes to the outbox); media delivery (media to a player)"),
    _rule(r"(?<![-/])\b(?:anti-spoofing|cheating score|confidence score)\b", "PAD; indicator; similarity"),
)  # fmt: skip

_ANY = re.compile(
    r"\bwhat\b|whoever|body\b|pop-?up|note of|\bsaid\b|person\b|seal|\blive |deliver|score|spoof", re.IGNORECASE
)
"""Every banned wording holds one of these; most lines do not, and need no closer look."""


def findings_in(text: str) -> list[tuple[int, str]]:
    """Return ``(rule's index, advice)`` for each banned wording in one line of prose; code in backticks is left out."""
    if not _ANY.search(text):
        return []
    prose = re.sub(r"`[^`]*`", "``", text).strip().lstrip("#*-|>/ ")
    return [
        (number, f"{match[0].strip()!r}: say {rule.instead}")
        for number, rule in enumerate(RULES)
        for match in [rule.pattern.search(prose)]
        if match is not None
    ]


def prose_of(suffix: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield ``(line number, line)`` for the prose of a file: no code, no fenced block."""
    if suffix == ".md":
        yield from _markdown(text)
    elif suffix == ".py":
        yield from _python(text)
    elif suffix == ".toml":
        yield from _toml(text)
    elif suffix == ".html":
        yield from enumerate(text.splitlines(), start=1)
    else:
        yield from _script(text)


def _markdown(text: str) -> Iterator[tuple[int, str]]:
    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def _python(text: str) -> Iterator[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            found.append((token.start[0], token.string))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            last = (node.end_lineno or node.lineno) - node.lineno
            lines = node.value.splitlines()
            found += [(node.lineno + min(index, last), line) for index, line in enumerate(lines) if " " in line]
    yield from found


def _script(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        comment = re.search(r"(?:^|\s)(?://|/\*+|\*)\s(.*)", line)
        strings = [part[1:-1] for part in re.findall(r'"[^"\n]* [^"\n]*"', line)]
        for part in ([comment[1]] if comment else []) + strings:
            yield number, part


def _toml(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        comment = re.search(r"(?:^|\s)#\s(.*)", line)
        strings = [part[1:-1] for part in re.findall(r'"[^"]* [^"]*"', line)]
        for part in ([comment[1]] if comment else []) + strings:
            yield number, part


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line with banned wording."""

    where: str
    line: str
    advice: str


def hits(paths: Iterable[Path] | None = None) -> list[Hit]:
    """Return every line of the tree that holds banned wording."""
    found = []
    for path in repository.tracked() if paths is None else paths:
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        if path.suffix not in SUFFIXES or name.startswith(SKIPPED):
            continue
        text = path.read_text()
        if not any(findings_in(line) for line in text.splitlines()):
            continue  # parsing is slow
        for number, line in prose_of(path.suffix, text):
            found += [Hit(where=f"{name}:{number}", line=line, advice=advice) for _, advice in findings_in(line)[:1]]
    return found


def findings() -> list[str]:
    """Name the lines that hold banned wording, for ``make check``."""
    return [f"{hit.where}: {hit.advice} (docs/words.md)" for hit in hits()]


def main() -> int:
    """Print the findings; return 1 if there are any."""
    found = findings()
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
