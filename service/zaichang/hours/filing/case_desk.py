"""Cases of refused rows: one owner, one due date; giving an hour up, or taking a row for accepted, takes two people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.core.ids import NO_REVIEWER, InstitutionId, LearnerId, ReviewerId
from zaichang.core.text import plain_lines
from zaichang.hours.filing.preparing import FilingPorts
from zaichang.ledger.filing.codes import TWICE
from zaichang.ledger.filing.rows import CaseState, RowKey, RowState
from zaichang.ports.hours.filing import FilingCase

NOTE_MAX_CHARS = 500
_BY_TWO: Final = (CaseState.DROP, CaseState.ACCEPTED)
"""Decisions that open the way to a certificate, or close it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision about a refused row.

    Attributes:
        state: ``open`` keeps it open (to change the owner or the note); ``refile`` files it again in the next batch;
            ``accepted``: the platform has the row after all; ``drop``: it is not filed; a second person confirms.
        owner: The new owner; empty leaves it.
        note: For the institution.
    """

    state: CaseState
    owner: ReviewerId = NO_REVIEWER
    note: str = ""


class FilingCases:
    """Lists and decides cases."""

    def __init__(self, ports: FilingPorts) -> None:
        """Use the ports."""
        self._ports = ports

    async def cases(self, institution_id: InstitutionId, state: CaseState, limit: int) -> Sequence[FilingCase]:
        """Return cases in a state, the first due first."""
        return await self._ports.store.filing_cases(institution_id, state, limit)

    async def decide(
        self, institution_id: InstitutionId, reviewer_id: ReviewerId, target: str, key: RowKey, decision: Decision
    ) -> FilingCase:
        """Decide a case, or propose a decision that a second person confirms by making the same one.

        Raises:
            PeerViolation: ``filing.invalid``.
            NotFound: ``filing.case_unknown``.
            NotAllowed: ``filing.same_person``, ``filing.both_stand``, ``filing.case_decided``, ``filing.raced``.
        """
        if len(decision.note) > NOTE_MAX_CHARS or not plain_lines(decision.note):
            raise PeerViolation("filing.invalid", f"note must be plain text of at most {NOTE_MAX_CHARS} characters.")
        case = await self._ports.store.filing_case(institution_id, target, key)
        now_ms = self._ports.clock.now_ms()
        changed = replace(case, owner=decision.owner or case.owner, note=decision.note or case.note)
        if decision.state is CaseState.REFILE and case.row.code.startswith(TWICE):
            raise NotAllowed(
                "filing.both_stand",
                "The platform has this row and the earlier one: filed again, its hours would stand once more.",
                "Decide accepted with a colleague; the next batch withdraws the earlier row.",
            )
        proposes = decision.state in _BY_TWO and decision.state is not case.proposed
        if proposes:
            changed = replace(changed, proposed=decision.state, proposed_by=reviewer_id)
        elif decision.state in _BY_TWO and case.proposed_by == reviewer_id:
            raise NotAllowed(
                "filing.same_person",
                "A row is dropped or taken for accepted by another person than the one who proposed it.",
                "Ask a colleague with a key of their own.",
            )
        elif decision.state is not CaseState.OPEN:
            state = RowState.ACCEPTED if decision.state is CaseState.ACCEPTED else case.row.state
            row = replace(case.row, case=decision.state, state=state, changed_ms=now_ms)
            changed = replace(changed, row=row, decided_by=reviewer_id, decided_ms=now_ms)
        await self._ports.store.decide_filing_case(institution_id, case, changed)
        action = f"filing.{'propose' if proposes else 'case'}_{decision.state}"
        await self._ports.staff.note_audit(institution_id, now_ms, reviewer_id, action, f"{target}/{key}")
        return changed


def key_of(text: str) -> RowKey:
    """Return the key that a text writes: ``LEARNER/COURSE/YEAR/N``.

    Raises:
        PeerViolation: ``filing.invalid``.
    """
    learner_id, _, rest = text.partition("/")
    course, _, end = rest.rpartition("/")
    course, _, year = course.rpartition("/")
    numbers = all(part.isascii() and part.isdigit() and len(part) < 10 for part in (year, end))
    if not (learner_id and course and numbers):
        raise PeerViolation("filing.invalid", "The key must be LEARNER/COURSE/YEAR/N.")
    return RowKey(LearnerId(learner_id), course, int(year), int(end))
