"""The pages say what the program does.

A shell or Python example is run when an HTML comment on the line before its fence asks for it::

    <!-- test: verify -->            runs in an empty folder; blocks of one page with one name share it, in order
    <!-- test: verify, exit 1 -->    the same, and the exit status must be 1

``$REPOSITORY`` is the checkout. Every other shell block must at least name commands and options that exist, every
other Python block must compile and its ``zaichang`` imports resolve, every TOML and JSON block must parse. A block
of another program's commands is fenced ``console``.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import error_codes
import pages
import pytest
import repository

from zaichang import cli
from zaichang.core import reason_sentences, reasons

ROOT = repository.ROOT
PAGES = sorted(path for path in repository.tracked() if path.suffix == ".md")
_FENCE = re.compile(
    r"(?:^<!-- test: (?P<name>[\w -]+?)(?:, exit (?P<exit>\d+))? -->\n)?"
    r"^```(?P<language>\w+)[^\n]*\n(?P<body>.*?)^```\s*$",
    re.MULTILINE | re.DOTALL,
)
_SHELL = {"sh", "bash", "shell"}
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block of a page."""

    page: str
    line: int
    language: str
    body: str
    name: str | None
    exit_status: int

    @property
    def label(self) -> str:
        """Return page and line."""
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    for match in _FENCE.finditer(text):
        yield Block(
            page=page,
            line=text.count("\n", 0, match.start("language")) + 1,
            language=match["language"],
            body=match["body"],
            name=match["name"],
            exit_status=int(match["exit"] or 0),
        )


def all_blocks() -> list[Block]:
    """Return the blocks of every page."""
    return [block for page in PAGES for block in blocks_of(str(page.relative_to(ROOT)), page.read_text())]


# ---------------------------------------------------------------- examples that run


def runnable() -> list[tuple[str, list[Block]]]:
    """Return the marked examples, grouped by page and name."""
    groups: dict[str, list[Block]] = {}
    for block in all_blocks():
        if block.name is not None:
            groups.setdefault(f"{block.page}: {block.name}", []).append(block)
    return sorted(groups.items())


def run_block(block: Block, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one example in ``folder``, with this interpreter's ``zaichang`` first on the path."""
    binaries = folder / ".bin"
    binaries.mkdir(exist_ok=True)
    for name, arguments in {"zaichang": "-m zaichang", "python": ""}.items():
        (binaries / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        (binaries / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "service"), str(ROOT / "client_sdk" / "python")]),
        "REPOSITORY": str(ROOT),
    }
    command = ["sh", "-euc", block.body] if block.language in _SHELL else [sys.executable, "-c", block.body]
    return subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("blocks"), [pytest.param(group, id=name) for name, group in runnable()])
def test_marked_examples_run(blocks: list[Block], tmp_path: Path) -> None:
    for block in blocks:
        assert block.language in {*_SHELL, "python"}, f"{block.label}: only sh and python examples can run"
        done = run_block(block, tmp_path)
        assert done.returncode == block.exit_status, f"{block.label}\n{block.body}\n{done.stdout}\n{done.stderr}"


# ---------------------------------------------------------------- examples that are only read


def make_targets() -> set[str]:
    """Return the targets of ``make`` here."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


_HELP: dict[tuple[str, ...], str] = {}


def help_of(path: tuple[str, ...]) -> str:
    """Return the output of ``zaichang PATH --help``."""
    if path not in _HELP:
        out = io.StringIO()
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.suppress(SystemExit),
        ):
            cli.main([*path, "--help"])
        _HELP[path] = out.getvalue()
    return _HELP[path]


def commands_in(body: str) -> Iterator[list[str]]:
    """Yield the words of each ``zaichang`` or ``make`` command of a shell block."""
    for line in body.replace("\\\n", " ").splitlines():
        for part in re.split(r"\s(?:&&|\|\||[;|&])\s?", line.removeprefix("$ ")):
            words = shlex.split(part, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=\S*|env|exec|time|sudo|(?:.*/)?python3?|-m", words[0]):
                words.pop(0)
            if words and words[0].rsplit("/", 1)[-1] in {"zaichang", "make"}:
                yield [words[0].rsplit("/", 1)[-1], *words[1:]]


def wrong_with(words: list[str], show_help: Callable[[tuple[str, ...]], str]) -> str:
    """Say what a command names that does not exist; empty when all of it does."""
    if words[0] == "make":
        unknown = [w for w in words[1:] if not w.startswith("-") and "=" not in w and w not in make_targets()]
        return f"make has no target {unknown[0]}" if unknown else ""
    path: tuple[str, ...] = ()
    for word in words[1:]:
        choices = re.search(r"\{([\w,-]+)\}(?: \.\.\.|$)", show_help(path).split("\n\n")[0])
        if word.startswith("-") or choices is None:
            break
        if word not in choices[1].split(","):
            return f"zaichang {' '.join(path)} has no command {word}"
        path = (*path, word)
    usage = show_help(path)
    if not usage:
        return f"zaichang {' '.join(path)} --help prints nothing"
    options = {word.split("=")[0] for word in words if word.startswith("--") and len(word) > 2}
    unknown = sorted(option for option in options if not re.search(rf"{re.escape(option)}(?![\w-])", usage))
    return f"zaichang {' '.join(path)} has no option {unknown[0]}" if unknown else ""


@pytest.fixture
def wide_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep argparse from wrapping or colouring what the command reader reads."""
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setenv("NO_COLOR", "1")
    _HELP.clear()


@pytest.mark.usefixtures("wide_help")
def test_every_command_in_the_pages_exists() -> None:
    found = [
        f"{block.label}: {wrong}"
        for block in all_blocks()
        if block.language in _SHELL
        for words in commands_in(block.body)
        if (wrong := wrong_with(words, help_of))
    ]
    assert found == []


def without_blocks(text: str) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def spoken_commands(text: str) -> list[str]:
    """Return the commands that a page's running text names in code marks."""
    return re.findall(r"`((?:zaichang|make) [^`\n]+)`", without_blocks(text))


@pytest.mark.usefixtures("wide_help")
def test_every_command_in_the_running_text_exists() -> None:
    found = [
        f"{page.relative_to(ROOT)}: {wrong}"
        for page in PAGES
        for command in spoken_commands(page.read_text())
        for words in commands_in(command.replace("'", ""))
        if (wrong := wrong_with(words, help_of))
    ]
    assert found == []


def fake_help(path: tuple[str, ...]) -> str:
    texts = {
        (): "usage: zaichang [-h] {models,verify} ...\n",
        ("models",): "usage: zaichang models [-h] {fetch,list} ...\n",
        ("models", "fetch"): "usage: zaichang models fetch [-h] [--json]\n",
        ("verify",): "usage: zaichang verify [-h] [--trust FILE] PATH\n",
    }
    return texts[path]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("zaichang models fetch --json", ""),
        ("$ NO_COLOR=1 .venv/bin/zaichang verify receipt.json --trust=keys.toml | head", ""),
        ("python -m zaichang verify x", ""),
        ("make test ARGS='-k merkle'", ""),
        ("zaichang model fetch", "zaichang  has no command model"),
        ("zaichang models fetch --jso", "zaichang models fetch has no option --jso"),
        ("cd x && zaichang models drop", "zaichang models has no command drop"),
        ("make tests", "make has no target tests"),
    ],
)
def test_the_command_reader_can_fail(line: str, wrong: str) -> None:
    assert [wrong_with(words, fake_help) for words in commands_in(line)] == [wrong]


def import_problems(body: str) -> list[str]:
    """Return the ``zaichang`` names that a Python example imports and that do not exist."""
    found = []
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "zaichang":
            module = importlib.import_module(node.module or "")
            found += [f"{node.module} has no {alias.name}" for alias in node.names if not hasattr(module, alias.name)]
    return found


@pytest.mark.parametrize("block", [pytest.param(b, id=b.label) for b in all_blocks() if b.language == "python"])
def test_python_examples_compile_and_import_what_exists(block: Block) -> None:
    assert import_problems(block.body) == []


@pytest.mark.parametrize("block", [pytest.param(b, id=b.label) for b in all_blocks() if b.language == "toml"])
def test_toml_examples_parse(block: Block) -> None:
    assert tomllib.loads(block.body)


@pytest.mark.parametrize("block", [pytest.param(b, id=b.label) for b in all_blocks() if b.language == "json"])
def test_json_examples_parse(block: Block) -> None:
    try:
        json.loads(block.body)
    except json.JSONDecodeError:  # several lines, one document each
        assert [json.loads(line) for line in block.body.splitlines() if line.strip()]


def test_the_block_reader_sees_marks() -> None:
    text = "a\n\n<!-- test: one, exit 1 -->\n```sh\nfalse\n```\n\n```python\nx = 1\n```\n"
    first, second = blocks_of("p.md", text)
    assert (first.name, first.exit_status, first.language, first.body, first.line) == ("one", 1, "sh", "false\n", 4)
    assert (second.name, second.exit_status, second.language) == (None, 0, "python")


def test_a_failing_example_is_seen(tmp_path: Path) -> None:
    (block,) = blocks_of("p.md", "```sh\ntest -d $REPOSITORY/service\nfalse\ntrue\n```\n")
    assert run_block(block, tmp_path).returncode == 1


# ---------------------------------------------------------------- generated pages, codes, links


@pytest.mark.parametrize("name", sorted(pages.PAGES))
def test_generated_pages_are_up_to_date(name: str) -> None:
    path = ROOT / name
    assert path.is_file() and path.read_text() == pages.PAGES[name](), "run make docs"


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    for code in reasons.ReasonCode:
        sentence = reason_sentences.SENTENCES[code]
        assert re.search(r"[\u4e00-\u9fff]", sentence.zh), code
        assert sentence.zh.endswith("。") and sentence.en.endswith("."), code
        assert re.fullmatch(r"[\x20-\x7e]+", sentence.en), code


def test_every_reason_is_on_its_page() -> None:
    grouped = [code for _, codes in pages.reason_groups() for code in codes]
    assert sorted(grouped) == sorted(code.value for code in reasons.ReasonCode)


def test_every_error_code_can_be_documented() -> None:
    raised = error_codes.all_raised()
    assert error_codes.undocumentable(raised) == []
    assert {"id.invalid", "wire.too_large"} <= {code for item in raised for code in item.codes}


def test_the_page_of_errors_has_every_code_and_no_other() -> None:
    page = (ROOT / "docs/errors.md").read_text()
    listed = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    raised = {code for item in error_codes.all_raised() for code in item.codes}
    assert len(listed) == len(set(listed)) > 250
    assert set(listed) == raised | set(error_codes.TOLD) | {error_codes.UNFORESEEN}


def test_the_codes_of_error_messages_are_those_that_the_service_sends() -> None:
    """An error message is written in one place; the core decides which heartbeats and captures get one."""
    source = error_codes.SOURCE
    link = (source / "session/owners/link.py").read_text()
    code_line = re.search(r"code = (.+)\n.*RejectHeartbeat", link)
    assert code_line is not None
    sent = {f"heartbeat.{word}" for word in re.findall(r'"(\w+)"', code_line[1])}
    core = "".join(path.read_text() for path in sorted((source / "session").rglob("*.py")))
    sent |= {f"capture.{word.lower()}" for word in re.findall(r"RejectCapture\([^)]*reason=ReasonCode\.(\w+)", core)}
    orders = (source / "live/orders.py").read_text()
    sent |= set(re.findall(r'ErrorMessage\(\s*code="([^"]+)"', orders))
    assert sent == set(error_codes.TOLD)
    assert orders.count("ErrorMessage(") == 3, "a fourth kind of error message needs its codes here"


def raised_in(text: str) -> list[error_codes.Raised]:
    return list(error_codes.Module(Path("x.py"), text).raised())


def test_an_error_that_is_raised_again_in_another_class_has_its_code_elsewhere() -> None:
    assert raised_in("raise PeerViolation(error.code, error.message, error.hint)") == []
    assert len(raised_in("raise PeerViolation(error, error.message)")) == 1


def test_error_codes_are_followed_through_names() -> None:
    text = (
        "def f(code):\n    raise NotFound(code, f'No {what} at {a.b[0]}.')\n"
        "def g(x):\n    f('store.absent')\n"
        "    kind = 'store.a' if x else 'store.b'\n    raise StorageError(kind, 'Off.')\n"
    )
    first, second = raised_in(text)
    assert (first.codes, first.messages) == (("store.absent",), ("No {what} at ….",))
    assert second.codes == ("store.a", "store.b")
    assert error_codes.undocumentable([first, second]) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("raise NotFound(read(), 'x')", "cannot be read"),
        ("raise NotFound('Not A Code', 'x')", "not of the form area.what"),
        ("raise NotFound('store.absent', str(error))", "nothing in the source says what store.absent means"),
    ],
)
def test_undocumentable_errors_are_found(text: str, problem: str) -> None:
    assert any(problem in finding for finding in error_codes.undocumentable(raised_in(text)))
