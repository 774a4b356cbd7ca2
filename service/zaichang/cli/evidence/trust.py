"""``zaichang trust draft | sign | ceremony | show | update | key``: trust signed by two people's offline keys."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from urllib.parse import unquote, urlsplit

from zaichang.audit.source import MAX_TRUST_BYTES, read_file
from zaichang.cli.evidence.trust_ceremony import add_options
from zaichang.cli.evidence.trust_signing import add_signature, digest, draft_text, now_ms, protocol, write
from zaichang.cli.out import say
from zaichang.core.civil import date_text
from zaichang.core.errors import EvidenceError
from zaichang.tlog.note import format_note, parse_note
from zaichang.tlog.trust_bundle import open_trust_bundle, parse_roots, parse_text


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "make, sign and update the trust file: which logs and witnesses to believe"
    actions = subparsers.add_parser("trust", help=text, description=text).add_subparsers(dest="action", required=True)
    key = actions.add_parser("key", help="print a root key's line; the key is made on first use, on an offline machine")
    draft = actions.add_parser("draft", help="write the draft that the holders of the root keys sign")
    sign = actions.add_parser(
        "sign", help="sign a draft, or add a second signature; prints a record of the signing ceremony"
    )
    ceremony = actions.add_parser("ceremony", help="two people sign at one machine; writes and prints the protocol")
    show = actions.add_parser("show", help="check a signed trust file and print its content")
    update = actions.add_parser("update", help="check a newer signed trust file and replace the old one")
    for action in (key, sign):
        action.add_argument("--name", required=True, help="the root key's name, like root-1.regulator.example")
        action.add_argument("--key", type=Path, required=True, metavar="FILE", help="the root key's file")
    for action in (draft, ceremony):
        action.add_argument("--name", required=True, help="who issues it, like regulator.example")
        action.add_argument(
            "--serial", type=int, required=True, help="serial number, larger than that of the last draft"
        )
        action.add_argument("--days", type=int, default=90, help="days for which it is valid")
        action.add_argument("--lines", type=Path, required=True, metavar="FILE", help="the lines of the trust file")
        action.add_argument(
            "--roots", type=Path, required=True, metavar="FILE", help="the root keys that may sign the next trust file"
        )
        action.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write it")
    sign.add_argument("draft", type=Path, metavar="DRAFT", help="the draft, or the file with the first signature")
    sign.add_argument(
        "--digest", required=True, metavar="HEX", help="the first 16 hex digits of your own copy's digest"
    )
    sign.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write the signed trust")
    show.add_argument("bundle", type=Path, metavar="FILE", help="the signed trust")
    update.add_argument("bundle", metavar="FILE|URL", help="the signed trust: a file, or a file:// or https:// address")
    update.add_argument("--deadline-s", type=float, default=30.0, help="seconds for the whole download")
    add_options(ceremony)
    for action in (show, update):
        action.add_argument("--roots", type=Path, required=True, metavar="FILE", help="the root keys that you trust")
    update.add_argument("--into", type=Path, required=True, metavar="FILE", help="the trust file to write")
    for action, run in ((key, _key), (draft, _draft), (sign, _sign), (show, _show), (update, _update)):
        action.set_defaults(func=run)


def _key(args: Namespace) -> int:
    from zaichang.main.logs import signer_in

    say(f"root {signer_in(args.key, args.name).vkey}")
    return 0


def _draft(args: Namespace) -> int:
    text = draft_text(args, now_ms())
    write(args.out, text)
    say(f"{args.out}: every signer compares it line by line, then its digest: {digest(text)}")
    return 0


def _sign(args: Namespace) -> int:
    from zaichang.main.logs import signer_in

    data = read_file(args.draft, MAX_TRUST_BYTES)
    whole = add_signature(data, args.digest, signer_in(args.key, args.name))
    write(args.out, format_note(whole.text, whole.signatures))
    for line in protocol(parse_text(whole.text), whole.text, [entry.name for entry in whole.signatures]):
        say(line)
    return 0


def _show(args: Namespace) -> int:
    bundle = open_trust_bundle(
        read_file(args.bundle, MAX_TRUST_BYTES),
        parse_roots(read_file(args.roots, MAX_TRUST_BYTES)),
        date_text(now_ms()),
    )
    say(f"{bundle.name}, serial {bundle.serial}, {bundle.issued} to {bundle.expires}")
    for line in bundle.lines:
        say(line)
    return 0


def _update(args: Namespace) -> int:
    kept = args.into.with_name(f"{args.into.name}.signed")
    data, pinned = _fetched(args.bundle, args.deadline_s), parse_roots(read_file(args.roots, MAX_TRUST_BYTES))
    held = parse_text(parse_note(read_file(kept, MAX_TRUST_BYTES)).text) if kept.is_file() else None
    bundle = open_trust_bundle(data, pinned, date_text(now_ms()), 0 if held is None else held.serial)
    if held is not None and bundle.serial == held.serial and bundle.text() != held.text():
        message = f"Two texts of serial {bundle.serial} were signed: keep {kept} and the new file, and ask the issuer."
        raise EvidenceError("E_TRUST", message)
    write(args.into, bundle.trust_file())
    write(kept, data)
    if bundle.roots != pinned:
        write(args.roots, ("\n".join(bundle.roots.lines()) + "\n").encode())
        say(f"{args.roots}: new roots; {bundle.roots.threshold} of {len(bundle.roots.keys)} sign from now on")
    say(f"{args.into}: serial {bundle.serial} of {bundle.name}, good until {bundle.expires}")
    return 0


def _fetched(source: str, deadline_s: float) -> bytes:
    """Return a signed trust from a file, a ``file://`` URL or a web address."""
    from zaichang.log.watch.signed_trust_source import fetch_trust

    if source.startswith(("https://", "http://")):
        return fetch_trust(source, MAX_TRUST_BYTES, deadline_s)
    path = unquote(urlsplit(source).path) if source.startswith("file://") else source
    return read_file(Path(path), MAX_TRUST_BYTES)
