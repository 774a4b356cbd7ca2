"""``zaichang file cases | decide``: refused rows."""

from __future__ import annotations

import argparse
import json

from zaichang.cli.filing.options import ServiceAtUrl, add_service
from zaichang.cli.out import say
from zaichang.core.civil import date_text
from zaichang.ledger.filing.rows import CaseState


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the actions."""
    words = tuple(state.value for state in CaseState)
    cases = actions.add_parser("cases", help="list refused rows, the first due first; exit 1 where one is open")
    cases.add_argument("--state", choices=words, default=CaseState.OPEN.value, help="default: open")
    cases.set_defaults(func=_cases)
    decide = actions.add_parser(
        "decide", help="decide a refused row; giving it up, or taking it for accepted, takes two people"
    )
    decide.add_argument("platform", metavar="TARGET", help="the platform's word, such as cq")
    decide.add_argument("key", metavar="KEY", help="the row's key, as `cases` prints it")
    decide.add_argument("decision", choices=words)
    decide.add_argument("--owner", default="", metavar="REVIEWER", help="who decides it from now on")
    decide.add_argument("--note", default="", help="for the institution")
    decide.set_defaults(func=_decide)
    for action in (cases, decide):
        add_service(action)


def _cases(args: argparse.Namespace) -> int:
    found = ServiceAtUrl(args).ask(f"/cases?state={args.state}&limit=200")["cases"]
    for case in found:
        row = case["row"]
        text = f"{case['target']}  {row['key']}  {row['code']}  owner {case['owner']}, due {date_text(case['due_ms'])}"
        say(json.dumps(case, ensure_ascii=False) if args.json else text, whole=True)
    return 1 if found and args.state == CaseState.OPEN else 0


def _decide(args: argparse.Namespace) -> int:
    body = {
        "target": args.platform,
        "key": args.key,
        "decision": args.decision,
        "owner": args.owner,
        "note": args.note,
    }
    done = ServiceAtUrl(args).ask("/cases", body)
    if args.json:
        say(json.dumps(done, ensure_ascii=False), whole=True)
    elif done["proposed_by"] and not done["decided_by"]:
        say("proposed; another reviewer confirms it with the same command")
    else:
        say(f"{done['row']['key']}: {done['state']}, owner {done['owner']}")
    return 0
