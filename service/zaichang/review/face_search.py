"""The search for one face behind several accounts, or several faces behind one. It runs beside; reviewers decide.

This is identification (1:N), a step beyond comparing learners with their own reference, so it can be switched off
(``face_search``), stays within one institution, and only ever makes a case (docs/privacy.md). With
``face_search_across`` references of several institutions are compared too, for one purpose: one person does not earn
in two of them at the same time. Templates are opened into memory alone; of a session a few kept captures are looked at
once, and no new template is stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from zaichang.biometric.duplicates import Candidate, TemplateIndex, face_groups
from zaichang.biometric.template import Template, decode_template
from zaichang.biometric.thresholds import DEFAULT_THRESHOLDS
from zaichang.core.civil import DAY_MS
from zaichang.core.enums import CaseKind
from zaichang.core.errors import ZaichangError
from zaichang.core.ids import NO_SESSION, CaseId, InstitutionId, LearnerId, SessionId
from zaichang.core.reasons import ReasonCode
from zaichang.live.kept_captures import kept_capture
from zaichang.live.session import LiveSession
from zaichang.ports.purposes import Purpose
from zaichang.ports.records import Enrolment, Learner, SessionRow
from zaichang.ports.records_cases import ELSEWHERE, CaseDraft, CaseReason
from zaichang.ports.review_desk import ReviewPorts

WAITING_MAX: Final = 1_000
"""Most enrolments and sessions that may wait for the search; more are skipped, with a line in the service's log."""
CAPTURES_MAX: Final = 6
"""Kept captures of a session that are looked at, spread over it."""
GROUP_MIN: Final = 2
"""Captures of another face that count as another person, not as a mishap."""
CLOCKS_APART_MS: Final = 60_000
"""References this much older than the newest known one are read again, since several processes write them."""
INSTITUTIONS_MAX: Final = 4
"""Indices kept in memory; the one used longest ago is dropped and built again when needed. Across institutions: all."""

_log = logging.getLogger("zaichang.review")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    institution_id: InstitutionId
    learner_id: LearnerId
    session_id: SessionId = NO_SESSION


@dataclass(slots=True, kw_only=True)
class _Known:
    """The references of an institution in memory, and the time of the newest one."""

    index: TemplateIndex
    newest_ms: int = 0


class FaceSearch:
    """Queues enrolments and ended sessions; ``run`` searches them one after the other."""

    def __init__(self, ports: ReviewPorts, due_days: int, *, across: bool = False) -> None:
        """Use the ports; people should look within ``due_days``. ``across``: compare institutions, too."""
        self._ports = ports
        self._across = across
        self._due_ms = due_days * DAY_MS
        self._waiting: asyncio.Queue[_Task] = asyncio.Queue(maxsize=WAITING_MAX)
        self._indices: OrderedDict[str, _Known] = OrderedDict()

    def enrolled(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """A learner has a new reference."""
        self._note(_Task(institution_id=institution_id, learner_id=learner_id))

    async def opened(self, session: LiveSession) -> None:
        """A session begins: search its account's reference again, where a stop had emptied the queue."""
        self._note(_Task(institution_id=session.row.institution_id, learner_id=session.row.learner_id))

    def closed(self, row: SessionRow) -> None:
        """A session has ended."""
        self._note(_Task(institution_id=row.institution_id, learner_id=row.learner_id, session_id=row.session_id))

    def forget(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """A learner's reference was erased."""
        known = self._indices.get(institution_id)
        if known is not None:
            known.index.remove(learner_id)

    async def run(self) -> None:
        """Search the queued items until cancelled; unreadable ones are skipped."""
        while True:
            task = await self._waiting.get()
            try:
                await self.look(task.institution_id, task.learner_id, task.session_id)
            except (ZaichangError, ValueError) as error:
                _log.warning("face search: one account was left out: %s", error)
            finally:
                self._waiting.task_done()

    async def settle(self) -> None:
        """Wait until nothing waits (tests)."""
        await self._waiting.join()

    async def look(
        self, institution_id: InstitutionId, learner_id: LearnerId, session_id: SessionId = NO_SESSION
    ) -> None:
        """Compare one account's reference, or the captures of one of its sessions, with the institution's others.

        Raises:
            ZaichangError: What the store, the vault or the models refused.
        """
        reference = await self._reference(institution_id, learner_id)
        if reference is None:
            return
        index = await self._index(institution_id, reference.embedder)
        probes = [reference] if not session_id else await self._captures(institution_id, learner_id, session_id)
        found: dict[str, Candidate] = {}
        for probe in probes:
            if probe.embedder != index.embedder:
                continue
            for candidate in await asyncio.to_thread(index.search, probe.vectors, apart=learner_id):
                best = found.get(candidate.account)
                if best is None or best.similarity_bp < candidate.similarity_bp:
                    found[candidate.account] = candidate
        reasons = [
            CaseReason(code=ReasonCode.FACE_OF_ANOTHER_ACCOUNT.value, other=account) for account in sorted(found)
        ]
        strangers = _strangers(reference, probes) if session_id else 0
        if strangers:
            reasons.append(CaseReason(code=ReasonCode.SEVERAL_FACES.value, n=strangers + 1))
        if reasons:
            await self._raise(institution_id, learner_id, tuple(reasons))
        if self._across:
            await self._look_across(institution_id, learner_id, session_id, reference)

    async def _look_across(
        self, institution_id: InstitutionId, learner_id: LearnerId, session_id: SessionId, reference: Template
    ) -> None:
        """Note the accounts of other institutions with this face. A case opens where both studied at the same time."""
        captures = self._ports.captures
        if session_id:
            for account in await captures.overlapped_alike(session_id):
                reason = CaseReason(code=ReasonCode.FACE_OF_ANOTHER_ACCOUNT.value, other=ELSEWHERE)
                await self._raise(institution_id, learner_id, (reason,))
                await self._raise(*account, (reason,))
            return
        for other in await self._ports.lessons.institutions():
            if other.institution_id == institution_id:
                continue
            index = await self._index(other.institution_id, reference.embedder)
            if index.embedder == reference.embedder:
                for found in await asyncio.to_thread(index.search, reference.vectors):
                    other_learner = LearnerId(found.account)
                    await captures.note_alike((institution_id, learner_id), (other.institution_id, other_learner))

    async def _raise(
        self, institution_id: InstitutionId, learner_id: LearnerId, reasons: tuple[CaseReason, ...]
    ) -> None:
        now_ms = self._ports.clock.now_ms()
        await self._ports.cases.raise_case(
            CaseDraft(
                case_id=CaseId(self._ports.token_hex(8)),
                institution_id=institution_id,
                kind=CaseKind.ACCOUNT,
                subject=learner_id,
                learner_id=learner_id,
                at_ms=now_ms,
                due_ms=now_ms + self._due_ms,
                reasons=reasons,
            )
        )

    async def _reference(self, institution_id: InstitutionId, learner_id: LearnerId) -> Template | None:
        enrolment = await self._ports.learners.enrolment(institution_id, learner_id)
        if enrolment is None:
            return None
        return self._open(await self._ports.learners.learner(institution_id, learner_id), enrolment)

    def _open(self, learner: Learner, enrolment: Enrolment) -> Template:
        key = self._ports.vault.unlock(learner)
        return decode_template(key.decrypt(Purpose.TEMPLATE, str(enrolment.version), enrolment.encrypted))

    async def _captures(
        self, institution_id: InstitutionId, learner_id: LearnerId, session_id: SessionId
    ) -> list[Template]:
        kept = [row for row in await self._ports.captures.captures(session_id) if row.deleted_ms is None]
        spread = np.unique(np.linspace(0, len(kept) - 1, min(len(kept), CAPTURES_MAX)).round().astype(int))
        key = self._ports.vault.unlock(await self._ports.learners.learner(institution_id, learner_id))
        templates = []
        for at in spread if kept else ():
            picture = await asyncio.to_thread(
                kept_capture, self._ports.blobs, key, session_id, kept[int(at)].capture_id
            )
            made = await self._ports.vision.enrol(picture)
            if made.template is not None:
                templates.append(decode_template(made.template))
        return templates

    async def _index(self, institution_id: InstitutionId, embedder: str) -> TemplateIndex:
        known = self._indices.pop(institution_id, None)
        if known is None or known.index.embedder != embedder:
            known = _Known(index=TemplateIndex(embedder))
        # Another process may have added references, and its clock may be a little behind this one's.
        rows = await self._ports.learners.enrolments_of(institution_id, known.newest_ms - CLOCKS_APART_MS)
        await asyncio.to_thread(self._add, known, rows)
        self._indices[institution_id] = known
        if len(self._indices) > INSTITUTIONS_MAX and not self._across:
            self._indices.popitem(last=False)
        return known.index

    def _add(self, known: _Known, rows: Sequence[tuple[Learner, Enrolment]]) -> None:
        for learner, enrolment in rows:
            known.newest_ms = max(known.newest_ms, enrolment.at_ms)
            try:
                template = self._open(learner, enrolment)
            except ZaichangError as error:
                _log.warning("face search: one reference was left out: %s", error)
                continue
            known.index.remove(learner.learner_id)
            known.index.add(learner.learner_id, template)

    def _note(self, task: _Task) -> None:
        try:
            self._waiting.put_nowait(task)
        except asyncio.QueueFull:
            _log.warning("face search: %d wait already, one was left out", WAITING_MAX)


def _strangers(reference: Template, captures: Sequence[Template]) -> int:
    """Return how many faces other than the account's own show up in at least ``GROUP_MIN`` captures."""
    usable = [each for each in captures if each.embedder == reference.embedder]
    if not usable:
        return 0
    vectors = np.concatenate([reference.vectors, *(each.vectors[:1] for each in usable)])
    labels = face_groups(vectors, DEFAULT_THRESHOLDS.similarity_bp)
    own = set(labels[: len(reference.vectors)])
    others = [label for label in labels[len(reference.vectors) :] if label not in own]
    return sum(1 for label in set(others) if others.count(label) >= GROUP_MIN)
