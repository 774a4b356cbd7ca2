"""``zaichang trust ceremony``: two people sign one text in one sitting, and the protocol is written."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from zaichang.cli.evidence.trust_signing import DIGITS, add_signature, digest, draft_text, now_ms, protocol, write
from zaichang.cli.out import say
from zaichang.core.errors import EvidenceError
from zaichang.tlog.note import format_note
from zaichang.tlog.trust_bundle import parse_text


def add_options(parser: ArgumentParser) -> None:
    """Register the options that only the ceremony has."""
    parser.add_argument(
        "--signer", action="append", required=True, type=_signer, metavar="NAME=KEYFILE",
        help="a root key's name and file; once for each person, in the order of signing",
    )  # fmt: skip
    parser.add_argument("--protocol", type=Path, required=True, metavar="FILE", help="where to write the protocol")
    parser.set_defaults(func=run)


def _signer(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    if not name or not path:
        raise ArgumentTypeError("a signer is NAME=KEYFILE")
    return name, Path(path)


def run(args: Namespace) -> int:
    """Make the text, have each person confirm and sign it, write the signed trust and the protocol.

    Each person types the first digits of the digest of a copy of their own, made on another machine (``trust draft``
    prints it, and so does ``sha256sum``). A person who types others ends the ceremony; then nothing is written.
    """
    from zaichang.main.logs import signer_in

    text = draft_text(args, now_ms())
    bundle = parse_text(text)
    if len(args.signer) < bundle.roots.threshold:
        message = f"{bundle.roots.threshold} people must sign; {len(args.signer)} are named."
        raise EvidenceError("E_TRUST", message)
    for line in text.decode().rstrip("\n").split("\n"):
        say(line)
    data, names = text, list[str]()
    for name, path in args.signer:
        say(f"{name}: 请输入自己副本摘要的前 {DIGITS} 位 type the first {DIGITS} digits of the digest of your own copy")
        note = add_signature(data, sys.stdin.readline().strip(), signer_in(path, name))
        data = format_note(note.text, note.signatures)
        names.append(name)
    lines = protocol(bundle, text, names)
    write(args.protocol, ("\n".join(lines) + "\n").encode())
    write(args.out, data)
    for line in lines:
        say(line)
    say(f"{args.out}: signed by {', '.join(names)}; digest {digest(text)}; print {args.protocol} and sign it by hand")
    return 0
