"""The text of a signed trust, its signatures, and the protocol of its signing."""

from __future__ import annotations

import hashlib
import time
from argparse import Namespace
from pathlib import Path
from typing import Final

from zaichang import __version__
from zaichang.audit.source import MAX_TRUST_BYTES, read_file
from zaichang.cli.out import say
from zaichang.core.civil import DAY_MS, date_text
from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.tlog.keys import Signer, parse_vkey
from zaichang.tlog.note import Note, format_note, open_note, parse_note, sign_note
from zaichang.tlog.trust_bundle import TITLE, TrustBundle, parse_roots, parse_text

DIGITS: Final = 16
"""Digits of the text's digest that a signer reads from the own copy."""


def draft_text(args: Namespace, now_ms: int) -> bytes:
    """Return the text to sign, from the options ``name``, ``serial``, ``days``, ``lines`` and ``roots``.

    Raises:
        EvidenceError: ``E_TRUST``, ``E_VKEY``.
    """
    lines = read_file(args.lines, MAX_TRUST_BYTES).decode("utf-8").rstrip("\n").split("\n")
    roots = parse_roots(read_file(args.roots, MAX_TRUST_BYTES))
    head = [TITLE, f"name {args.name}", f"serial {args.serial}", f"issued {date_text(now_ms)}"]
    head.append(f"expires {date_text(now_ms + args.days * DAY_MS)}")
    text = ("\n".join([*head, *roots.lines(), "", *lines]) + "\n").encode()
    parse_text(text)
    return text


def add_signature(data: bytes, digits: str, signer: Signer) -> Note:
    """Return a text, or a note with signatures, with one signature more.

    Args:
        data: The text, or the note.
        digits: The first digits of the digest, as the signer read them from the own copy.
        signer: The root key.

    Raises:
        EvidenceError: ``E_TRUST`` where it is another text, or the key has signed it already.
    """
    signed = "\n\n— ".encode() in data
    text = parse_note(data).text if signed else data
    bundle = parse_text(text)
    if len(digits) < DIGITS or not digest(text).startswith(digits.lower()):
        raise EvidenceError("E_TRUST", f"The digest of this text is {digest(text)}: it is not the text of your copy.")
    if all(signer.vkey != key.vkey for key in bundle.roots.keys):
        say(
            "this key is not among the roots of this text: it can sign only if it is among the roots before it",
            err=True,
        )
    own = parse_note(sign_note(text, [signer])).signatures
    before = parse_note(data).signatures if signed else ()
    if any((entry.name, entry.key_id) == (own[0].name, own[0].key_id) for entry in before):
        raise EvidenceError("E_TRUST", f"{signer.name} has signed this text already: another person signs next.")
    whole = Note(text=text, signatures=(*before, *own))
    open_note(format_note(whole.text, whole.signatures), [parse_vkey(signer.vkey)])
    return whole


def protocol(bundle: TrustBundle, text: bytes, signers: list[str]) -> list[str]:
    """Return the lines of the protocol, for paper: each person signs it by hand."""
    trust = bundle.trust
    missing = max(0, bundle.roots.threshold - len(signers))
    return [
        f"签署记录 Protocol of a signing, {date_text(now_ms())}, zaichang {__version__}",
        f"文本摘要 digest of the text (SHA-256): {digest(text)}",
        f"签发方 issuer {bundle.name}, 序号 serial {bundle.serial}, 有效期 {bundle.issued} - {bundle.expires}",
        f"日志密钥 log keys {len(trust.logs)}, 已停用或吊销 ended {len(trust.ended)}",
        f"见证方 witnesses {len(trust.witnesses)}, 信标 beacons {len(trust.beacons)}",
        *(f"    {line}" for line in bundle.lines),
        f"已签 signed: {', '.join(signers)}; 还需 still needed: {missing} (of the roots that readers have pinned)",
        *(
            f"    {name}: 姓名 name ______________  签字 signature ______________  时间 time __________"
            for name in signers
        ),
    ]


def digest(text: bytes) -> str:
    """Return the SHA-256 digest of a text, as hex digits."""
    return hashlib.sha256(text).hexdigest()


def now_ms() -> int:
    """Return the time by this machine's clock, Unix milliseconds."""
    return time.time_ns() // 1_000_000


def write(path: Path, data: bytes) -> None:
    """Replace a file whole.

    Raises:
        ConfigError: ``trust.not_writable``.
    """
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        raise ConfigError("trust.not_writable", f"{path} cannot be written ({error.strerror}).") from None
