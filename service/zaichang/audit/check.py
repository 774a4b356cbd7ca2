"""The result of one check, as a value for people and programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Status(StrEnum):
    """Outcome of one check."""

    PASS = "pass"  # noqa: S105 - an outcome, not a secret
    FAIL = "fail"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, its place and its result. A field that does not apply is None.

    Attributes:
        check: Which check (``checkpoint``, ``inclusion``, ``opening``, ...).
        status: Its outcome.
        code: ``E_...`` unless it passed (docs/evidence.md lists them).
        message: The finding in a sentence.
        origin: The log.
        index: The leaf's index in the log.
        sid: The session.
        segment: The segment's number in the session.
        event: The event's or minute record's number in the session.
        field: The field that is wrong.
        expected: The expected value.
        got: The value found.
    """

    check: str
    status: Status
    code: str | None = None
    message: str = ""
    origin: str | None = None
    index: int | None = None
    sid: str | None = None
    segment: int | None = None
    event: int | None = None
    field: str | None = None
    expected: str | None = None
    got: str | None = None

    def line(self) -> str:
        """Return the check as one line of JSON, without the fields that do not apply."""
        parts = {name: value for name, value in asdict(self).items() if value is not None and value != ""}
        return json.dumps({**parts, "ok": self.status is Status.PASS}, ensure_ascii=False, sort_keys=True)


def exit_code(checks: Iterable[Check]) -> int:
    """Return 0 if all passed, 1 if any found something, 2 if one could not be decided (or there were none)."""
    seen = {check.status for check in checks}
    if Status.FAIL in seen:
        return 1
    return 2 if Status.UNDECIDED in seen or not seen else 0
