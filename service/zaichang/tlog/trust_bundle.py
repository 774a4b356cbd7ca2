"""Signed trust: a trust file that offline root keys have signed, with a serial number and a last day. Pure.

A signed note (C2SP signed-note). Its text: a title; ``name``, ``serial``, ``issued`` and ``expires`` lines;
``threshold`` and ``root`` lines, the keys that sign the next one; an empty line; the lines of a trust file. So log
keys, witnesses, beacons and revocations come from the roots alone: a stolen log key cannot name its successor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NoReturn

from zaichang.core.civil import is_day
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import parse_size
from zaichang.tlog.keys import KeyVerifier, SignatureType, parse_vkey, valid_key_name
from zaichang.tlog.note import open_note, parse_note
from zaichang.tlog.trust import Trust, parse_trust

TITLE: Final = "zaichang-trust@v1"
MAX_ROOTS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """The offline keys, and how many of them must sign.

    Attributes:
        threshold: How many; two people's at least.
        keys: The keys.
    """

    threshold: int
    keys: tuple[KeyVerifier, ...]

    def lines(self) -> list[str]:
        """Return them as lines."""
        return [f"threshold {self.threshold}", *(f"root {key.vkey}" for key in self.keys)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustBundle:
    """The content of a signed trust.

    Attributes:
        name: Who issues it.
        serial: Grows with each one.
        issued: The day of issue in China, YYYY-MM-DD.
        expires: The last day on which it is good.
        roots: The keys that sign the next one.
        lines: The lines of the trust file.
        trust: The same, read.
    """

    name: str
    serial: int
    issued: str
    expires: str
    roots: Roots
    lines: tuple[str, ...]
    trust: Trust

    def text(self) -> bytes:
        """Return the text to sign."""
        head = [TITLE, f"name {self.name}", f"serial {self.serial}", f"issued {self.issued}", f"expires {self.expires}"]
        return ("\n".join([*head, *self.roots.lines(), "", *self.lines]) + "\n").encode()

    def trust_file(self) -> bytes:
        """Return the trust file that it amounts to; it ends on the same day."""
        note = f"# from {self.name}, serial {self.serial}, issued {self.issued}"
        return ("\n".join([note, *self.lines, f"expires {self.expires}"]) + "\n").encode()


def parse_roots(data: bytes) -> Roots:
    """Read the file of root keys that a reader pins: ``threshold`` and ``root`` lines.

    Raises:
        EvidenceError: ``E_TRUST``, ``E_VKEY``.
    """
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        _refuse("the root file is not UTF-8")
    return _roots([line for line in lines if line and not line.startswith("#")])


def parse_text(text: bytes) -> TrustBundle:
    """Read the text of a signed trust; no signature is checked.

    Raises:
        EvidenceError: ``E_TRUST``, ``E_VKEY``.
    """
    try:
        head, gap, body = text.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError:
        _refuse("it is not UTF-8")
    title, *fields = head.split("\n")
    if title != TITLE or not gap or len(fields) < 6:
        _refuse(f"it is no {TITLE}")
    values = []
    for line, word in zip(fields[:4], ("name", "serial", "issued", "expires"), strict=True):
        if not line.startswith(f"{word} "):
            _refuse(f"a {word} line is missing")
        values.append(line.removeprefix(f"{word} "))
    serial = parse_size(values[1])
    if serial is None or not valid_key_name(values[0]):
        _refuse("its name or serial number is malformed")
    issued, expires = (_day(value) for value in values[2:])
    if expires < issued:
        _refuse("it ends before it was issued")
    lines = tuple(body.rstrip("\n").split("\n"))
    if any(line.split()[:1] == ["expires"] for line in lines):
        _refuse("its lines name a last day of their own")
    bundle = TrustBundle(
        name=values[0],
        serial=serial,
        issued=issued,
        expires=expires,
        roots=_roots(fields[4:]),
        lines=lines,
        trust=parse_trust(body.encode()),
    )
    if bundle.text() != text:
        _refuse("it is not written as it must be")
    return bundle


def open_trust_bundle(note: bytes, roots: Roots, today: str, held_serial: int = 0) -> TrustBundle:
    """Check a signed trust: enough roots have signed, it is not older than the one held, and it has not ended.

    Args:
        note: The signed note.
        roots: The pinned roots.
        today: The reader's day in China, YYYY-MM-DD.
        held_serial: Serial number of the one that the reader has; 0 for none.

    Raises:
        EvidenceError: ``E_NOTE_FORMAT``, ``E_NOTE_SIG``, ``E_TRUST``; ``E_QUORUM`` if too few roots have signed;
            ``E_EXPIRED``.
    """
    opened = open_note(note, roots.keys)
    signers = {(entry.name, entry.key_id) for entry in opened.verified}
    if len(signers) < roots.threshold:
        raise EvidenceError("E_QUORUM", f"{len(signers)} root keys have signed; {roots.threshold} must.")
    bundle = parse_text(parse_note(note).text)
    if bundle.serial < held_serial:
        _refuse(f"serial {bundle.serial} is older than {held_serial}, which is held")
    if today > bundle.expires:
        raise EvidenceError("E_EXPIRED", f"The trust of serial {bundle.serial} ended on {bundle.expires}.")
    return bundle


def _roots(lines: Iterable[str]) -> Roots:
    first, *rest = [*lines, ""]
    rest = rest[:-1]
    count = parse_size(first.removeprefix("threshold ")) if first.startswith("threshold ") else None
    if count is None or not all(line.startswith("root ") for line in rest) or not 2 <= len(rest) <= MAX_ROOTS:
        _refuse("the roots are a threshold line and 2 to 16 root lines")
    keys = tuple(parse_vkey(line.removeprefix("root ")) for line in rest)
    if len({key.public_key for key in keys}) != len(keys) or len({key.name for key in keys}) != len(keys):
        _refuse("a root key or its name is there twice")
    if any(key.signature_type is not SignatureType.ED25519 for key in keys):
        _refuse("a root key is an Ed25519 key of type 01")
    if not 2 <= count <= len(keys):
        _refuse("two people's root keys at least must sign")
    return Roots(threshold=count, keys=keys)


def _day(text: str) -> str:
    if not is_day(text):
        _refuse("a day is YYYY-MM-DD")
    return text


def _refuse(what: str) -> NoReturn:
    raise EvidenceError("E_TRUST", f"Signed trust: {what}.")
