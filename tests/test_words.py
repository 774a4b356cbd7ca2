"""The words check: banned wording in new prose is found, code and known lines are left alone, the baseline shrinks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import words


@pytest.mark.parametrize(
    "line",
    [
        "A pop-up is shown.",
        "Whoever leaves loses time.",
        "Nobody is asked.",
        "Return what the store holds.",
        "What is kept, and for how long.",
        "The count of what was sent.",
        "The service takes note of it.",
        "A wrong key is said in the log.",
        "The minute is left to a person.",
        "The picture is sealed with the learner's key.",
        "There are three live sessions.",
        "Minutes are delivered to the outbox.",
        "A cheating score.",
    ],
)
def test_banned_wording_is_found_with_advice(line: str) -> None:
    [(_, advice), *_] = words.findings_in(line)
    assert ": say " in advice


@pytest.mark.parametrize(
    "line",
    [
        "What does a network drop cost?",
        "The message says what was wrong and what to do.",
        "The wire name `minute.sealed` stays.",
        "The schedule is drawn from two sealed values.",
        "A person decides.",
        "A live broadcast begins at 19:00.",
        "For whatever reason the player stops.",
    ],
)
def test_ordinary_wording_is_left_alone(line: str) -> None:
    assert words.findings_in(line) == []


def test_only_prose_is_read() -> None:
    python = '"""Whoever."""\nx = nobody(1)  # nobody home\ny = "nobody"\nz = """One\n  nobody else\n"""\n'
    assert [(n, line.strip()) for n, line in words.prose_of(".py", python)] == [
        (2, "# nobody home"),
        (5, "nobody else"),
    ]
    assert list(words.prose_of(".md", "a\n```\nnobody\n```\nb\n")) == [(1, "a"), (5, "b")]
    script = 'const nobody = 1; // nobody here\nf("ask nobody", "x");\n'
    assert list(words.prose_of(".ts", script)) == [(1, "nobody here"), (2, "ask nobody")]


def page(folder: Path, text: str) -> list[words.Hit]:
    path = folder / "page.md"
    path.write_text(text)
    return words.hits([path])


def test_a_known_line_may_move_but_not_multiply(tmp_path: Path) -> None:
    known = Counter([words.digest("Nobody asks.")])
    assert words.fresh(page(tmp_path, "One.\n\n  Nobody   asks.\n"), known) == []
    [twice] = words.fresh(page(tmp_path, "Nobody asks.\nNobody asks.\n"), known)
    assert twice.where == "page.md:2"
    [changed] = words.fresh(page(tmp_path, "Nobody ever asks.\n"), known)
    assert "'Nobody'" in changed.advice


def test_the_baseline_shrinks_and_never_grows(tmp_path: Path) -> None:
    known = Counter([words.digest("Nobody asks."), words.digest("Somebody asks.")])
    now = page(tmp_path, "Nobody asks.\nWhoever asks.\n")
    assert words.shrunk(now, known) == Counter([words.digest("Nobody asks.")])


def test_an_entry_of_the_baseline_that_no_line_needs_is_stale(tmp_path: Path) -> None:
    needed, other = words.digest("Nobody asks."), words.digest("Whoever asks.")
    now = page(tmp_path, "Nobody asks.\n")
    assert words.stale(now, Counter([needed])) == []
    assert words.stale(now, Counter([needed, needed, other])) == sorted([needed, other])


def test_no_banned_wording_in_new_lines() -> None:
    assert words.findings() == []
