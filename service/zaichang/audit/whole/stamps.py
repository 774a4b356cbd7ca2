"""Time stamps of a log (RFC 3161): an authority states by when a checkpoint had been signed. Pure.

``checkpoint.timestamps`` beside the log holds canonical lines ``{"note": ..., "response": ...}``: a checkpoint with the
log's own signature, and the authority's answer about its bytes, base64. A stamp dates leaves like a run of the reader's
own mirror: a leaf that it covers is not younger, and one that it does not cover entered the log after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zaichang.audit.findings import About, Findings
from zaichang.audit.time_checks import SKEW_MS, SeenAt, earliest
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.civil import time_text
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, open_checkpoint
from zaichang.tlog.keys import decode_base64, encode_base64
from zaichang.tlog.trust import Trust

TIMESTAMPS: Final = "checkpoint.timestamps"
MAX_LINE_BYTES: Final = 200_000

StampedMs = Callable[[bytes, bytes], int]
"""Returns the time in ms that an answer states for a note's bytes; raises ``EvidenceError``, ``E_STAMP``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A time stamp, not checked.

    Attributes:
        note: The signed checkpoint.
        response: The authority's answer, DER.
    """

    note: bytes
    response: bytes


def stamp_line(stamp: Stamp) -> bytes:
    """Return a stamp's line, without a newline."""
    value = {"note": stamp.note.decode("utf-8"), "response": encode_base64(stamp.response)}
    return canonical_bytes(value, MAX_LINE_BYTES)


def parse_stamps(data: bytes) -> list[Stamp]:
    """Return the stamps, oldest first. A line cut off by a crash is left out."""
    found = []
    for line in data.split(b"\n"):
        try:
            value = parse_canonical_object(line, MAX_LINE_BYTES)
            response = decode_base64(str(value["response"]))
            found.append(Stamp(note=str(value["note"]).encode("utf-8"), response=response))
        except (EvidenceError, KeyError):
            continue
    return found


def check_stamps(
    data: bytes,
    stamped_ms: StampedMs | None,
    newest: Checkpoint,
    prefix_root: Callable[[int], bytes],
    trust: Trust,
    findings: Findings,
) -> list[SeenAt]:
    """Check a log's time stamps; return their times by size.

    A checkpoint that the log signed and that is no state of it is a fork, whatever its stamp is worth.

    Args:
        data: The file; empty for none.
        stamped_ms: Checks an authority's answer; None where the reader names no authority.
        newest: The newest checkpoint that the log has signed.
        prefix_root: Returns the root of the log's first leaves.
        trust: The trusted keys; no witness is asked for.
        findings: Takes the results.
    """
    about, stamps = About(origin=newest.origin), parse_stamps(data)
    seen: list[SeenAt] = []
    for stamp in stamps:
        try:
            signed = open_checkpoint(stamp.note, trust.verifiers(), newest.origin)
            trust.check_key(signed)
        except EvidenceError as error:
            findings.error("stamp", error, about, field=TIMESTAMPS)
            continue
        size = signed.checkpoint.size
        if size > newest.size or prefix_root(size) != signed.checkpoint.root:
            message = f"A checkpoint of size {size} that was time-stamped is not of this log."
            findings.failed("stamp", "E_CONSISTENCY", message, about, field=TIMESTAMPS)
            continue
        if stamped_ms is None:
            continue
        try:
            at_ms = stamped_ms(stamp.note, stamp.response)
        except EvidenceError as error:
            findings.undecided("stamp", error.code, error.message, about, field=TIMESTAMPS)
            continue
        if trust.now_s is not None and at_ms > trust.now_s * 1000 + SKEW_MS:
            message = "A time stamp states a time still to come by this computer's clock."
            findings.undecided("stamp", "E_STAMP", message, about, field=TIMESTAMPS)
            continue
        seen.append(SeenAt(size=size, at_ms=at_ms))
    if stamped_ms is None and stamps:
        message = f"{len(stamps)} time stamps are not checked: name the authority's certificates with --tsa."
        findings.passed("stamps not checked", about, message)
    elif stamped_ms is not None and not stamps:
        message = "The log keeps no time stamps."
        findings.undecided("stamp", "E_STAMP", message, about, field=TIMESTAMPS)
    elif seen:
        first, last = min(seen, key=lambda each: each.at_ms), max(seen, key=lambda each: each.at_ms)
        message = f"{len(seen)} time stamps, from {time_text(first.at_ms)} to {time_text(last.at_ms)} (UTC+8)."
        findings.passed("stamp", about, message)
    return earliest(seen)
