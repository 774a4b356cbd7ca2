"""Collects the checks of one verification, each with its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from zaichang.audit.check import Check, Status
from zaichang.audit.locate import locate_change
from zaichang.core.errors import EvidenceError

MAX_FINDINGS: Final = 1_000
"""Failed and undecided checks that are kept. After so many, the input is not damaged but something else."""

MAX_LOCATED: Final = 5
"""How many findings are searched for their changed byte; each may take a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The place of a check in the log; the fields are those of ``Check``."""

    origin: str | None = None
    index: int | None = None
    sid: str | None = None
    segment: int | None = None
    event: int | None = None


@dataclass(slots=True)
class Findings:
    """The checks made so far, in order.

    Attributes:
        checks: All that passed, and ``MAX_FINDINGS`` of the others.
        left_out: Failed and undecided checks beyond these.
    """

    checks: list[Check] = field(default_factory=list)
    left_out: int = 0
    _located: int = 0
    _bad: int = 0
    _failed: bool = False

    @property
    def full(self) -> bool:
        """Whether further findings are only counted."""
        return self._bad >= MAX_FINDINGS

    def unchecked(self, about: About) -> None:
        """Record that a part of the input was not checked, because there are too many findings before it."""
        message = f"Not checked: {MAX_FINDINGS} findings stand before it."
        self._append("stopped", Status.UNDECIDED, "E_FORMAT", message, about)

    def finish(self, about: About) -> None:
        """Record how many findings were left out, if any were."""
        if self.left_out:
            message = f"{self.left_out} further findings are left out."
            self._append("stopped", Status.UNDECIDED, "E_FORMAT", message, about)

    def passed(self, check: str, about: About, message: str = "") -> None:
        """Record a pass."""
        self._add(check, Status.PASS, None, message, about)

    def failed(
        self,
        check: str,
        code: str,
        message: str,
        about: About,
        *,
        field: str | None = None,
        expected: object = None,
        got: object = None,
    ) -> None:
        """Record a failed check."""
        self._add(check, Status.FAIL, code, message, about, field, expected, got)

    def undecided(self, check: str, code: str, message: str, about: About, *, field: str | None = None) -> None:
        """Record a check that could not be decided because its material is missing."""
        self._add(check, Status.UNDECIDED, code, message, about, field)

    def error(self, check: str, error: EvidenceError, about: About, *, field: str | None = None) -> None:
        """Record a failed check from the exception that it raised. Missing cosignatures leave it undecided."""
        if error.code == "E_EXPIRED":
            self.undecided(check, error.code, error.message, about, field=field)
        elif error.code == "E_QUORUM":
            message = f"{error.message} Wait for the next round of the witnesses."
            self.undecided(check, error.code, message, about, field=field)
        else:
            self._add(check, Status.FAIL, error.code, error.message, about, field)

    def equal(
        self, check: str, code: str, about: About, field: str, expected: object, got: object, message: str
    ) -> bool:
        """Record a failed check if two values differ; return whether they are equal."""
        if expected != got:
            self.failed(check, code, message, about, field=field, expected=expected, got=got)
        return expected == got

    def changed(
        self,
        check: str,
        code: str,
        message: str,
        about: About,
        *,
        data: bytes,
        good: Callable[[bytes], bool],
        field: str,
    ) -> None:
        """Record a text that fails its hash, and name the changed byte if it can be found.

        Args:
            check: As in ``Check``.
            code: As in ``Check``.
            message: As in ``Check``.
            about: As in ``Check``.
            data: The text.
            good: Returns whether a text passes.
            field: The field to name if no changed byte is found.
        """
        change = None
        if self._located < MAX_LOCATED:
            self._located += 1
            change = locate_change(data, good)
        if change is None:
            self.failed(check, code, message, about, field=field)
            return
        name = change.field or field
        whole = f"{message} In {name}, {change.sentence()}."
        self.failed(check, code, whole, about, field=name, expected=change.value)

    def _add(
        self,
        check: str,
        status: Status,
        code: str | None,
        message: str,
        about: About,
        field: str | None = None,
        expected: object = None,
        got: object = None,
    ) -> None:
        if status is not Status.PASS:
            if self.full and (self._failed or status is Status.UNDECIDED):
                self.left_out += 1
                return
            self._bad += 1
            self._failed = self._failed or status is Status.FAIL
        self._append(check, status, code, message, about, field, expected, got)

    def _append(
        self,
        check: str,
        status: Status,
        code: str | None,
        message: str,
        about: About,
        field: str | None = None,
        expected: object = None,
        got: object = None,
    ) -> None:
        entry = Check(
            check=check,
            status=status,
            code=code,
            message=message,
            field=field,
            expected=None if expected is None else _short(expected),
            got=None if got is None else _short(got),
        )
        place = {name: getattr(about, name) for name in ("origin", "index", "sid", "segment", "event")}
        self.checks.append(replace(entry, **place))


def _short(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 200 else text[:197] + "..."
