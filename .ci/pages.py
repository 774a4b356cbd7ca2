"""Writes the files that are generated from the code: pages in docs, and all that comes from ``zaichang.protocol``.

``make docs`` writes them; ``make check`` (``--check``) and tests/test_docs.py fail when one is out of date.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "service"))

from error_codes import TOLD, UNFORESEEN, all_raised, error_classes  # noqa: E402  (needs the path above)
from evidence_page import evidence_page  # noqa: E402
from http_page import http_page  # noqa: E402
from policy_page import field_lines, indicator_lines, pack_lines, shown  # noqa: E402
from protocol_files import FILES, PARTS  # noqa: E402
from pydantic import SecretStr  # noqa: E402

from zaichang.cli import build_parser  # noqa: E402
from zaichang.core import reason_sentences, reasons  # noqa: E402
from zaichang.core.errors import ZaichangError  # noqa: E402
from zaichang.core.reason_table import EFFECTS, Cost  # noqa: E402
from zaichang.session import transitions  # noqa: E402
from zaichang.settings import Settings  # noqa: E402

NOTE = "<!-- Generated from the code by `make docs`; change the code, not this page. -->\n\n"


def cell(text: str) -> str:
    """Return text that is safe in a table cell, on one line."""
    plain = re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;").strip()
    return re.sub(r"\bADR (\d{4})", lambda found: f"[ADR {found[1]}](adr/{record(found[1])})", plain)


def record(number: str) -> str:
    """Return the file name of a decision record."""
    [path] = (ROOT / "docs" / "adr").glob(f"{number}-*.md")
    return path.name


def errors_page() -> str:
    """Return docs/errors.md: the classes with their statuses, then every code by area."""
    lines = [
        "# Errors",
        "",
        "An index of every error: its stable code, its message, and what to do where there is a cure. A code never",
        'changes its meaning. HTTP answers carry `{"error": {"code", "message", "hint"}}`;',
        "the websocket closes with the class's close code; the command line exits with the class's exit code.",
        "Some codes answer another HTTP status than their class: `auth.required`, `token.expired` and `token.forged`",
        "401, `http.too_large` 413, `rate.exceeded` and `http.too_often` 429. An error that our code did not foresee",
        f"answers 500 with `{UNFORESEEN}`. Requests and routes: [HTTP](http.md). The class *error message* means: only",
        "the websocket's message `error` carries the code; the connection stays open ([protocol](protocol.md)).",
        "Codes that only the player's page gives its host are in [integrate](integrate.md).",
        "",
        "| class | meaning | HTTP | close | exit |",
        "|---|---|---|---|---|",
    ]
    for name, found in sorted(error_classes().items()):
        if issubclass(found, ZaichangError) and found is not ZaichangError:
            meaning = cell((found.__doc__ or "").splitlines()[0])
            lines.append(f"| {name} | {meaning} | {found.http_status} | {found.close_code} | {found.exit_code} |")
    by_code: dict[str, tuple[set[str], set[str], set[str]]] = {}
    for item in all_raised():
        for code in item.codes:
            classes, messages, hints = by_code.setdefault(code, (set(), set(), set()))
            classes.add(item.error_class)
            messages |= set(item.messages)
            hints |= {hint for hint in item.hints if hint}
    for code, (message, hint) in TOLD.items():
        by_code[code] = ({"error message"}, {message}, {hint} - {""})
    by_code[UNFORESEEN] = (set(), {"Something went wrong on our side."}, {"Try again; tell us if it stays."})
    areas = sorted({code.split(".")[0] for code in by_code if not code.startswith("E_")})
    lines += ["", " · ".join(f"[{area}](#{area})" for area in areas) + " · [Evidence checks](#evidence-checks)"]
    area = ""
    for code in sorted(by_code, key=lambda code: (code.startswith("E_"), code)):
        here = "Evidence checks" if code.startswith("E_") else code.split(".")[0]
        if here != area:
            area = here
            lines += ["", f"## {area}", "", "| code | class | message | what to do |", "|---|---|---|---|"]
        classes, messages, hints = by_code[code]
        message, hint = ("<br>".join(cell(text) for text in sorted(texts)) for texts in (messages, hints))
        lines.append(f"| `{code}` | {', '.join(sorted(classes))} | {message} | {hint} |")
    return NOTE + "\n".join(lines) + "\n"


def reason_groups() -> list[tuple[str, list[str]]]:
    """Return the reason codes under the headings that the source gives them."""
    source = Path(reasons.__file__).read_text()
    body = source[source.index("class ReasonCode") :]
    groups: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if heading := re.match(r"    # (.+)", line):
            groups.append((heading[1], []))
        elif code := re.match(r'    ([A-Z_]+) = "', line):
            groups[-1][1].append(code[1])
    return groups


def reasons_page() -> str:
    """Return docs/reasons.md: every reason code with its cost, the case it opens, its readers and both sentences."""
    lines = [
        "# Reason codes 原因代码",
        "",
        "Why a minute counted or did not. Learners, reviewers and inspectors read the same sentence. A code never",
        "changes its meaning, and no sentence helps to predict the next check.",
        "",
        "**Costs**, where the check fails for this reason. No excuse covers a failed check",
        "([calls and misses](policy.md#calls-and-misses-one-by-one)).",
        "",
        "| cost | meaning |",
        "|---|---|",
        f"| {Cost.NOTHING} | no credit is lost. (A minute in which only media that had counted before was played has"
        " the letter F, and `ALREADY_CREDITED`) |",
        f"| {Cost.STRETCH} | the media played while the cause lasted. For a challenge: the media played since the"
        " last check that passed before it was shown. For a movement check: the"
        " time that was checked while it stood open goes to review instead |",
        f"| {Cost.BRACKET} | the media played since the last check that passed |",
        f"| {Cost.REVIEW} | that time is undecided until a reviewer grants or refuses it |",
        "",
        "On the route without face recognition challenges are the checks: a failed one costs the time since the last",
        "passed check, and one wrong click fails a `confirm`. **Case from**: the count within one session from which",
        "the code opens a [case](review.md) by itself; time that a reviewer decides opens one in any case.",
        "**Seen**: where the learner meets the code.",
        "",
        "`VIRTUAL_CAMERA` and `CAMERA_CHANGED` cost nothing by themselves. Where the rules ask for movements, the next",
        "challenge comes at once and asks for them ([movements](situations-checks.md#movements)).",
    ]
    for heading, codes in reason_groups():
        head = ["| code | costs | case from | seen | 中文 | English |", "|---|---|---|---|---|---|"]
        lines += ["", f"## {heading}", "", *head]
        for code in codes:
            sentence, effect = reason_sentences.SENTENCES[reasons.ReasonCode(code)], EFFECTS[reasons.ReasonCode(code)]
            case = effect.case_from or ""
            says = f"{cell(sentence.zh)} | {cell(sentence.en)}"
            lines.append(f"| `{code}` | {effect.cost} | {case} | {effect.reader} | {says} |")
    return NOTE + "\n".join(lines) + "\n"


def bound(rule: object) -> str:
    """Return one of pydantic's bounds in words; patterns are the code's business."""
    for name, words in (("ge", "at least"), ("le", "at most"), ("max_length", "at most")):
        value = getattr(rule, name, None)
        if value is not None:
            return f"{words} {value}" + (" characters" if name == "max_length" else "")
    return ""


def settings_page() -> str:
    """Return docs/settings.md: every setting of the service with default, bounds and meaning."""
    lines = [
        "# Settings",
        "",
        "Settings of `zaichang serve` and `zaichang demo`, from a TOML file (`--config`), then from the environment",
        "(`ZAICHANG_` and the name in capitals), then from the command line; the later wins. Running the service:",
        "[operations.md](operations.md).",
        "",
        "| setting | default | allowed | meaning |",
        "|---|---|---|---|",
    ]
    for name, spec in Settings.model_fields.items():
        plain = spec.default if isinstance(spec.default, str | int | tuple) else str(spec.default)
        default = "" if isinstance(spec.default, SecretStr | None) else f"`{shown(plain)}`"
        low, high = (
            next((getattr(rule, name) for rule in spec.metadata if hasattr(rule, name)), None) for name in ("ge", "le")
        )
        between_them = f"{low} to {high}" if low is not None and high is not None else ""
        bounds = between_them or ", ".join(bound(rule) for rule in spec.metadata if bound(rule))
        lines.append(f"| `{name}` | {default} | {bounds} | {cell(spec.description or '')} |")
    return NOTE + "\n".join(lines) + "\n"


def between(page: str, name: str, lines: list[str]) -> str:
    """Return a page written by hand with the part between its ``<!-- name -->`` marks replaced."""
    return replaced((ROOT / page).read_text(), name, lines)


def replaced(text: str, name: str, lines: list[str]) -> str:
    """Return a text with the part between its ``<!-- name -->`` marks replaced."""
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return before + start + "\n".join(lines) + "\n" + end + after


def policy_page() -> str:
    """Return docs/policy.md with the shipped packs' differences and every field as the code has them."""
    text = (ROOT / "docs/policy.md").read_text()
    return replaced(replaced(text, "packs", pack_lines()), "fields", field_lines())


def protocol_page() -> str:
    """Return docs/protocol.md with its tables as ``zaichang.protocol`` has them."""
    text = (ROOT / "docs/protocol.md").read_text()
    for name, make in PARTS.items():
        text = replaced(text, name, make())
    return text


def state_lines() -> list[str]:
    """Return the session's phases as a Mermaid diagram and a table, from ``session.transitions``."""
    diagram = [f"    {start} --> {end}" for start, end in transitions.MOVES]
    table = [f"| {start} | {end} | {cell(why)} |" for (start, end), why in transitions.MOVES.items()]
    entry = ["    [*] --> AWAITING_CAPTURE: face route", "    [*] --> CHALLENGING: route without face recognition"]
    head = ["| from | to | because |", "|---|---|---|"]
    return ["```mermaid", "stateDiagram-v2", *entry, *diagram, "    CLOSED --> [*]", "```", "", *head, *table]


def command_lines() -> list[str]:
    """Return every command with its arguments, from the parser."""
    lines: list[str] = []

    def describe(name: str, parser: argparse.ArgumentParser) -> None:
        nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        said = cell(parser.description or parser.prog)
        lines.extend(["", f"### {name}", "", said[:1].upper() + said[1:] + "."])
        rows = [
            action
            for action in parser._actions
            if action not in nested and action.dest != "help" and action.help != argparse.SUPPRESS
        ]
        if rows:
            lines.extend(["", "| argument | meaning |", "|---|---|"])
        for action in rows:
            shown_name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
            value = (
                "" if not action.option_strings or action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
            )
            choices = (
                f" ({', '.join(str(choice) for choice in action.choices if choice != '')})"
                if action.choices and action.option_strings
                else ""
            )
            given = action.default
            # A help text that names its default keeps it: the value itself may depend on the machine.
            tells = "default" in (action.help or "") or not isinstance(given, str | int) or given in {"", True, False}
            default = "" if tells else f"; default: {given}"
            lines.append(f"| `{cell(shown_name + value)}` | {cell((action.help or '') + choices + default)} |")
        for action in nested:
            helps = {choice.dest: choice.help for choice in action._choices_actions}
            for inner, subparser in action.choices.items():
                subparser.description = subparser.description or helps.get(inner)
                describe(f"{name} {inner}", subparser)

    parser = build_parser()
    [commands] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    helps = {choice.dest: choice.help for choice in commands._choices_actions}
    for name, subparser in commands.choices.items():
        subparser.description = subparser.description or helps.get(name)
        describe(f"zaichang {name}", subparser)
    contents = " · ".join(f"[{name}](#zaichang-{name})" for name in commands.choices)
    return [contents, *lines, ""]


PAGES: dict[str, Callable[[], str]] = {
    "docs/architecture.md": lambda: between("docs/architecture.md", "states", state_lines()),
    "docs/cli.md": lambda: between("docs/cli.md", "commands", command_lines()),
    "docs/errors.md": errors_page,
    "docs/evidence-reference.md": evidence_page,
    "docs/http.md": http_page,
    "docs/policy.md": policy_page,
    "docs/protocol.md": protocol_page,
    "docs/reasons.md": reasons_page,
    "docs/review.md": lambda: between("docs/review.md", "indicators", indicator_lines()),
    "docs/settings.md": settings_page,
    **FILES,
}


def main() -> int:
    """Write every file that differs; with ``--check`` only name them, and return 1 where there are any."""
    check = "--check" in sys.argv[1:]
    stale = 0
    for name, make in PAGES.items():
        path, text = ROOT / name, make()
        if not path.is_file() or path.read_text() != text:
            stale += 1
            if check:
                print(f"{name} is out of date: run make docs")
                continue
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            print(f"wrote {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
