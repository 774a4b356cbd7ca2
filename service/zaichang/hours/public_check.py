"""Checks a file that anyone gives to the page ``/verify``: a certificate, a receipt or a bundle of this service's logs.

The log's own key is trusted, as this service publishes it, and no witness is required: a reader who does not believe
the service takes ``zaichang verify`` with keys from the authority. Verdicts of minutes are not recomputed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from zaichang.audit.certificate.page import Drawing
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.receipt import ReadQr
from zaichang.audit.source import verify_file
from zaichang.core.errors import UnreadableInput
from zaichang.log.bundles import log_trust
from zaichang.ports.log.places import LogPlace, LogPlaces
from zaichang.tlog.trust import parse_trust

MAX_FILE_BYTES: Final = 1_000_000
_SHOWN: Final = ("certificate", "page", "later", "name not opened", "summary", "total", "qr", "qr not compared")
"""Passed checks that say something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicResult:
    """The result for one file.

    Attributes:
        origin: The log.
        log: ``INSTITUTION/YEAR``.
        exit: 0 all passed, 1 a finding, 2 undecided.
        checks: Findings first, then the passed checks that say something.
        passed: How many checks passed.
    """

    origin: str
    log: str
    exit: int
    checks: tuple[Check, ...]
    passed: int


def check_file(data: bytes, logs: LogPlaces, drawing: Drawing | None, read_qr: ReadQr | None) -> PublicResult:
    """Check a file against the log that it names.

    Args:
        data: The file.
        logs: This service's logs.
        drawing: Draws certificates anew; None where the installation cannot.
        read_qr: Reads the QR code of a receipt or certificate; None where no reader is installed.

    Raises:
        UnreadableInput: ``verify.unknown_log``, ``verify.unknown_format``.
        StorageError: A log cannot be read.
    """
    place = _named(data, logs)
    trust = parse_trust(log_trust(place))
    found = verify_file(
        io.BytesIO(data), "The file", trust, read_qr=read_qr, read_newer=place.published.get, drawing=drawing
    )
    bad = [check for check in found if check.status is not Status.PASS]
    told = [check for check in found if check.status is Status.PASS and check.check in _SHOWN]
    vkey = place.published.verifier_key() or ""
    return PublicResult(
        origin=vkey.partition("+")[0],
        log=place.name,
        exit=exit_code(found),
        checks=(*bad, *told),
        passed=len(found) - len(bad),
    )


def _named(data: bytes, logs: LogPlaces) -> LogPlace:
    """Return the log that a file names."""
    for place in logs.all():
        vkey = place.published.verifier_key()
        # The origin stands in a checkpoint's first line: after a quote, before an escaped line end.
        if vkey is not None and b'"' + vkey.partition("+")[0].encode() + b"\\n" in data:
            return place
    raise UnreadableInput(
        "verify.unknown_log",
        "This file is of none of the logs that are kept here.",
        "Give it to the page of the institution that issued it, or use zaichang verify.",
    )
