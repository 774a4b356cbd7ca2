"""``zaichang trust draft | sign | show | update | key``: trust that two people's offline keys have signed."""

from __future__ import annotations

import hashlib
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import Final

from zaichang import __version__
from zaichang.audit.source import MAX_TRUST_BYTES, read_file
from zaichang.cli.out import say
from zaichang.core.civil import DAY_MS, date_text
from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.note import Note, format_note, open_note, parse_note, sign_note
from zaichang.tlog.trust_bundle import TITLE, TrustBundle, open_trust_bundle, parse_roots, parse_text

_DIGITS: Final = 16
"""Digits of the text's digest that a signer reads from the own copy."""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "whom to believe, signed by two people's offline keys"
    actions = subparsers.add_parser("trust", help=text, description=text).add_subparsers(dest="action", required=True)
    key = actions.add_parser("key", help="print a root key's line; the key is made on first use, on an offline machine")
    draft = actions.add_parser("draft", help="write the text that the roots sign")
    sign = actions.add_parser("sign", help="sign a draft, or add a signature; prints the protocol of the ceremony")
    show = actions.add_parser("show", help="check a signed trust and print its content")
    update = actions.add_parser("update", help="check a newer signed trust and replace the trust file")
    for action in (key, sign):
        action.add_argument("--name", required=True, help="the root key's name, like root-1.regulator.example")
        action.add_argument("--key", type=Path, required=True, metavar="FILE", help="the root key's file")
    draft.add_argument("--name", required=True, help="who issues it, like regulator.example")
    draft.add_argument("--serial", type=int, required=True, help="larger than the last one's")
    draft.add_argument("--days", type=int, default=90, help="days that it is good for")
    draft.add_argument("--lines", type=Path, required=True, metavar="FILE", help="the lines of the trust file")
    draft.add_argument("--roots", type=Path, required=True, metavar="FILE", help="the roots that sign the next one")
    draft.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write the draft")
    sign.add_argument("draft", type=Path, metavar="DRAFT", help="the draft, or the file that another has signed")
    sign.add_argument("--digest", required=True, metavar="HEX", help="the first 16 digits of the digest of your copy")
    sign.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write the signed trust")
    for action in (show, update):
        action.add_argument("bundle", type=Path, metavar="FILE", help="the signed trust")
        action.add_argument("--roots", type=Path, required=True, metavar="FILE", help="the roots that you have pinned")
    update.add_argument("--into", type=Path, required=True, metavar="FILE", help="the trust file to write")
    for action, run in ((key, _key), (draft, _draft), (sign, _sign), (show, _show), (update, _update)):
        action.set_defaults(func=run)


def _key(args: Namespace) -> int:
    from zaichang.main.logs import signer_in

    say(f"root {signer_in(args.key, args.name).vkey}")
    return 0


def _draft(args: Namespace) -> int:
    lines = read_file(args.lines, MAX_TRUST_BYTES).decode("utf-8").rstrip("\n").split("\n")
    roots = parse_roots(read_file(args.roots, MAX_TRUST_BYTES))
    now_ms = _now_ms()
    head = [TITLE, f"name {args.name}", f"serial {args.serial}", f"issued {date_text(now_ms)}"]
    head.append(f"expires {date_text(now_ms + args.days * DAY_MS)}")
    text = ("\n".join([*head, *roots.lines(), "", *lines]) + "\n").encode()
    parse_text(text)
    _write(args.out, text)
    say(f"{args.out}: every signer compares it line by line, then its digest: {_digest(text)}")
    return 0


def _sign(args: Namespace) -> int:
    from zaichang.main.logs import signer_in

    data = read_file(args.draft, MAX_TRUST_BYTES)
    signed = "\n\n— ".encode() in data
    text = parse_note(data).text if signed else data
    bundle = parse_text(text)
    if len(args.digest) < _DIGITS or not _digest(text).startswith(args.digest.lower()):
        raise EvidenceError("E_TRUST", f"The digest of this text is {_digest(text)}: it is not the text of your copy.")
    signer = signer_in(args.key, args.name)
    if all(signer.vkey != key.vkey for key in bundle.roots.keys):
        say(
            "this key is not among the roots of this text: it can sign only if it is among the roots before it",
            err=True,
        )
    own = parse_note(sign_note(text, [signer])).signatures
    before = parse_note(data).signatures if signed else ()
    if any((entry.name, entry.key_id) == (own[0].name, own[0].key_id) for entry in before):
        raise EvidenceError("E_TRUST", f"{args.name} has signed this text already: another person signs next.")
    whole = Note(text=text, signatures=(*before, *own))
    note = format_note(whole.text, whole.signatures)
    open_note(note, [parse_vkey(signer.vkey)])
    _write(args.out, note)
    _protocol(bundle, _digest(text), [entry.name for entry in whole.signatures])
    return 0


def _protocol(bundle: TrustBundle, digest: str, signers: list[str]) -> None:
    """Print what happened, for paper: each person signs it by hand."""
    say(f"签署记录 Protocol of a signing, {date_text(_now_ms())}, zaichang {__version__}")
    say(f"文本摘要 digest of the text (SHA-256): {digest}")
    say(f"签发方 issuer {bundle.name}, 序号 serial {bundle.serial}, 有效期 {bundle.issued} - {bundle.expires}")
    trust = bundle.trust
    say(f"日志密钥 log keys {len(trust.logs)}, 已停用或吊销 ended {len(trust.ended)}")
    say(f"见证方 witnesses {len(trust.witnesses)}, 信标 beacons {len(trust.beacons)}")
    for line in bundle.lines:
        say(f"    {line}")
    missing = max(0, bundle.roots.threshold - len(signers))
    say(f"已签 signed: {', '.join(signers)}; 还需 still needed: {missing} (of the roots that readers have pinned)")
    for name in signers:
        say(f"    {name}: 姓名 name ______________  签字 signature ______________  时间 time __________")


def _show(args: Namespace) -> int:
    bundle = open_trust_bundle(
        read_file(args.bundle, MAX_TRUST_BYTES),
        parse_roots(read_file(args.roots, MAX_TRUST_BYTES)),
        date_text(_now_ms()),
    )
    say(f"{bundle.name}, serial {bundle.serial}, {bundle.issued} to {bundle.expires}")
    for line in bundle.lines:
        say(line)
    return 0


def _update(args: Namespace) -> int:
    kept = args.into.with_name(f"{args.into.name}.signed")
    data, pinned = read_file(args.bundle, MAX_TRUST_BYTES), parse_roots(read_file(args.roots, MAX_TRUST_BYTES))
    held = parse_text(parse_note(read_file(kept, MAX_TRUST_BYTES)).text).serial if kept.is_file() else 0
    bundle = open_trust_bundle(data, pinned, date_text(_now_ms()), held)
    _write(args.into, bundle.trust_file())
    _write(kept, data)
    if bundle.roots != pinned:
        _write(args.roots, ("\n".join(bundle.roots.lines()) + "\n").encode())
        say(f"{args.roots}: new roots; {bundle.roots.threshold} of {len(bundle.roots.keys)} sign from now on")
    say(f"{args.into}: serial {bundle.serial} of {bundle.name}, good until {bundle.expires}")
    return 0


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise ConfigError("trust.not_writable", f"{path} cannot be written ({error.strerror}).") from None
