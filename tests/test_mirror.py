"""The mirror check: tests name their source, sources with logic have a test, the list of exceptions is exact."""

from __future__ import annotations

import mirror
import pytest

BRANCH = "def f(x):\n    return 1 if x else 2\n"
PLAIN = "X = 1\n\n\ndef f():\n    return X\n"
LONG = "def f():\n" + "    x = 1\n" * 31
NONE = "count: 0\n"
ROOM = "service/zaichang/room/"
TESTS = "tests/unit/room/"


def test_the_tree_mirrors_its_source() -> None:
    assert mirror.findings() == []


def test_the_list_of_exceptions_does_not_grow() -> None:
    allowed, listed = mirror.read_exceptions(mirror.EXCEPTIONS.read_text())
    assert allowed == len(listed) <= MOST_EXCEPTIONS


MOST_EXCEPTIONS = 29
"""Lower it whenever a line leaves the list; never raise it."""


@pytest.mark.parametrize(
    ("text", "logic"), [(BRANCH, True), (LONG, True), (PLAIN, False), ("X = [1 for _ in 'a']\n", False)]
)
def test_logic_is_a_branch_in_a_function_or_many_lines_of_code(text: str, logic: bool) -> None:
    assert mirror.has_logic(text) is logic
    documented = '"""Doc."""\n\n\ndef f():\n    """One.\n' + "\n    Line.\n" * 40 + '    """\n'
    assert mirror.has_logic(documented) is False, "a docstring is no code"


@pytest.mark.parametrize(
    ("test", "source"),
    [
        ("room/test_a.py", ROOM + "a.py"),
        ("room/test_a_b.py", ROOM + "a_b.py"),
        ("room/test_a_b_aspect.py", ROOM + "a_b.py"),
        ("room/test_a_aspect.py", ROOM + "a.py"),
        ("room/test_other.py", None),
        ("room/test_ab.py", None),
        ("simulation/camera/test_rig.py", "service/zaichang_simulation/camera/rig.py"),
        ("test_top.py", "service/zaichang/top.py"),
    ],
)
def test_the_longest_name_that_fits_is_the_source(test: str, source: str | None) -> None:
    sources = {ROOM + "a.py", ROOM + "a_b.py", "service/zaichang_simulation/camera/rig.py", "service/zaichang/top.py"}
    assert mirror.source_of(test, sources) == source


def test_a_test_without_a_source_and_a_source_without_a_test_are_named() -> None:
    files = {ROOM + "a.py": BRANCH, TESTS + "test_b.py": "", ROOM + "plain.py": PLAIN}
    assert mirror.findings_in(files, NONE) == [
        "tests/unit/room/test_b.py: no source file has this name in service/zaichang/room/",
        "service/zaichang/room/a.py: no unit test is named after it",
    ]
    assert mirror.findings_in({**files, TESTS + "test_b.py": BRANCH, ROOM + "b.py": BRANCH}, NONE) == [
        "service/zaichang/room/a.py: no unit test is named after it"
    ]
    assert mirror.findings_in({TESTS + "test_branch_coverage.py": "", TESTS + "conftest.py": ""}, NONE) == []
    assert mirror.findings_in({"benchmarks/a.py": BRANCH, "models/training/pad_training/a.py": BRANCH}, NONE) == []


def test_an_exception_names_a_test_that_exists_and_is_needed() -> None:
    source, test = ROOM + "a.py", TESTS + "test_c.py"
    files = {source: BRANCH, ROOM + "c.py": BRANCH, test: ""}
    line = f"count: 1\n{source} {test} because\n"
    assert mirror.findings_in(files, line) == []
    [gone] = mirror.findings_in(files, f"count: 1\n{source} {TESTS}test_d.py because\n")
    assert "there is no tests/unit/room/test_d.py" in gone
    [unneeded] = mirror.findings_in({**files, TESTS + "test_a.py": ""}, line)
    assert "needs no exception now" in unneeded
    [wrong] = mirror.findings_in(files, line.replace("count: 1", "count: 2"))
    assert "says 2 and has 1" in wrong


def test_an_exception_needs_a_reason() -> None:
    with pytest.raises(ValueError, match=r"a\.py has no reason"):
        mirror.read_exceptions(f"count: 1\n{ROOM}a.py {TESTS}test_d.py\n")
