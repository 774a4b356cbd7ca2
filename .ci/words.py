"""Banned words in new prose: Markdown, and the comments, docstrings and messages of Python, TypeScript and JavaScript.

docs/words.md says which words, why, and the standard word for each. Lines that stood in the tree when the rule came are
in ``words_baseline.txt``, by digest, so that they may move between files. The list only shrinks:

    python .ci/words.py            list the banned words in new lines; exit 1 where there are any
    python .ci/words.py --shrink   drop the lines that are gone from the baseline
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import repository

ROOT = repository.ROOT
BASELINE = Path(__file__).with_name("words_baseline.txt")
SKIPPED = ("docs/words.md", ".ci/words.py", "tests/test_words.py", "docs/adr/", "client_sdk/web/vendor/")
"""The page that names the banned words, the rule and its test; decision records are history."""
SUFFIXES = {".md", ".py", ".ts", ".js"}
DIGEST_CHARS = 12


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
    _rule(r"\b(?:anti-spoofing|cheating score|confidence score)\b", "PAD; indicator; similarity"),
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
        comment = re.search(r"(?:^|\s)(?://|/\*|\*)\s(.*)", line)
        strings = [part[1:-1] for part in re.findall(r'"[^"\n]* [^"\n]*"', line)]
        for part in ([comment[1]] if comment else []) + strings:
            yield number, part


def digest(line: str) -> str:
    """Return the digest under which the baseline knows a line: its text without indentation and spacing."""
    return hashlib.sha256(" ".join(line.split()).encode()).hexdigest()[:DIGEST_CHARS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line with banned wording."""

    where: str
    line: str
    advice: str


def hits(paths: Iterable[Path] | None = None) -> list[Hit]:
    """Return every line of the tree that holds banned wording, known ones included."""
    found = []
    for path in repository.tracked() if paths is None else paths:
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        if path.suffix not in SUFFIXES or name.startswith(SKIPPED):
            continue
        text = path.read_text()
        if text.startswith(("<!-- Generated", "<!-- Written by")):
            continue  # its words stand in the code that it is made from
        if not any(findings_in(line) for line in text.splitlines()):
            continue  # parsing is slow
        for number, line in prose_of(path.suffix, text):
            found += [Hit(where=f"{name}:{number}", line=line, advice=advice) for _, advice in findings_in(line)[:1]]
    return found


def read_baseline(path: Path = BASELINE) -> Counter[str]:
    """Return how often each known line may occur."""
    return Counter(path.read_text().split()) if path.is_file() else Counter()


def fresh(found: Iterable[Hit], known: Counter[str]) -> list[Hit]:
    """Return the hits that the baseline does not cover."""
    left = Counter(known)
    new = []
    for hit in found:
        key = digest(hit.line)
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(hit)
    return new


def stale(found: Iterable[Hit], known: Counter[str]) -> list[str]:
    """Return the baseline's entries that no hit needs: the list must not hold room for new lines."""
    return sorted((known - shrunk(found, known)).elements())


def findings() -> list[str]:
    """Name the new lines that hold banned wording and the stale entries of the baseline, for ``make check``."""
    found, known = hits(), read_baseline()
    new = [f"{hit.where}: {hit.advice} (docs/words.md)" for hit in fresh(found, known)]
    left = [f"{BASELINE.name}: no line needs {key}: run python .ci/words.py --shrink" for key in stale(found, known)]
    return new + left


def shrunk(found: Iterable[Hit], known: Counter[str]) -> Counter[str]:
    """Return the baseline without the lines that are gone; it never grows."""
    return known & Counter(digest(hit.line) for hit in found)


def main(arguments: list[str]) -> int:
    """Print the findings; with ``--shrink`` rewrite the baseline first."""
    if arguments == ["--shrink"]:
        known = read_baseline()
        kept = shrunk(hits(), known)
        BASELINE.write_text("".join(f"{key}\n" for key in sorted(kept.elements())))
        print(f"{known.total() - kept.total()} lines fewer, {kept.total()} left")
    found = findings()
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
