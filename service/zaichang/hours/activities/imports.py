"""Imports: many activities from one file, and steps of all activities of an import at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zaichang.core.enums import KeyRole
from zaichang.core.errors import EvidenceError, NotAllowed, NotFound, PeerViolation, ZaichangError
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.hours.activities.actors import Actor
from zaichang.hours.activities.checklists import load_checklist
from zaichang.hours.activities.desk import ActivityDesk
from zaichang.hours.activities.documents import digest
from zaichang.hours.activities.handing_in import Wanted, check_complete, check_wanted
from zaichang.hours.activities.import_rows import Fault, Row, correction, details_of, fault_of, papers_of, read_rows
from zaichang.hours.activities.reading import NEWEST, ActivityReader
from zaichang.ledger.activities.stages import Party, Stage, State
from zaichang.ports.hours.activities import ActivityFilter, UnitId
from zaichang.ports.hours.desk import ActivityPorts
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.note import open_note

_ZH: Final = {
    "activity.incomplete": "缺少材料（“纸质材料”一栏须写明每份材料的档案号）。",
    "activity.invalid": "内容不符合该项目的要求。",
    "activity.employer": "该项目需要用人单位，或该用人单位未登记。",
    "activity.ref": "该学员已有同一编号的另一项活动。",
    "activity.signed": "该项目只接受（或不接受）主办单位签名的结果文件。",
    "activity.rules": "没有这份规则的材料清单。",
    "id.invalid": "编号或代号只能用字母、数字、点、下划线、连字符。",
    "learner.erased": "该学员的数据已删除。",
    "import.twice": "文件中同一学员的编号重复。",
}
FORMAT: Final = "zaichang-results@1"
_PAGE: Final = 200
_BY_BATCH: Final = frozenset((Stage.CONFIRM, Stage.CHECK, Stage.APPROVE, Stage.REFUSE))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """The outcome of a file.

    Attributes:
        batch: The import's id; its activities carry it.
        accepted: Activities that were handed in.
        repeated: Rows whose activity was there already.
        faults: Rows that were not taken.
        correction: The faulty rows as CSV, to correct and send again; empty where there are none.
    """

    batch: str
    accepted: int
    repeated: int
    faults: tuple[Fault, ...]
    correction: str


class Imports:
    """Takes files of activities, and decides an import's activities together."""

    def __init__(self, ports: ActivityPorts, desk: ActivityDesk, reader: ActivityReader) -> None:
        """Use the desk for each activity."""
        self._ports = ports
        self._desk = desk
        self._reader = reader

    async def take(self, actor: Actor, rules: str, data: bytes) -> ImportReport:
        """Hand in the activities of a file; faulty rows are left out and named. Sending a file again doubles nothing.

        Args:
            actor: A person of the office.
            rules: Name of the hour rules.
            data: The CSV file.

        Raises:
            PeerViolation: ``import.encoding``, ``import.header``, ``import.too_large``.
            NotFound: ``activity.rules``.
            NotAllowed: ``activity.party``, ``review.personal_key``.
        """
        if actor.party is not Party.OFFICE:
            raise NotAllowed("activity.party", "The office imports activities.")
        actor.check_personal()
        load_checklist(rules)
        return await self._take(actor, rules, data, "")

    async def take_results(self, actor: Actor, note: bytes) -> ImportReport:
        """Take an organiser's results: a signed note whose text is a header line and a CSV file. They count at once.

        The header is ``zaichang-results@1 INSTITUTION RULES``: a note for another purpose or institution is refused.

        Args:
            actor: The platform.
            note: A C2SP signed note by the key that the institution registered.

        Raises:
            PeerViolation: ``results.signature``, ``results.header``, ``import.*``.
            NotFound: ``activity.rules``.
            NotAllowed: ``activity.party``, ``results.no_key``.
        """
        if actor.party is not Party.PLATFORM:
            raise NotAllowed("activity.party", "The platform sends results.")
        vkey = await self._ports.result_keys.result_key(actor.institution_id)
        if not vkey:
            raise NotAllowed("results.no_key", "The institution registered no key for results.", "PUT /v1/result-key.")
        try:
            text = open_note(note, [parse_vkey(vkey)]).text
        except EvidenceError as error:
            raise PeerViolation(
                "results.signature", f"The results are not signed by the registered key: {error.message}", "Sign them."
            ) from None
        header, _, data = text.partition(b"\n")
        words = header.split(b" ")
        if len(words) != 3 or words[:2] != [FORMAT.encode(), actor.institution_id.encode()]:
            raise PeerViolation(
                "results.header",
                "The note is no results for this institution.",
                f"Its first line is: {FORMAT} INSTITUTION RULES.",
            )
        rules = words[2].decode("ascii", "replace")
        load_checklist(rules)
        return await self._take(actor, rules, data, digest(note))

    async def _take(self, actor: Actor, rules: str, data: bytes, signed: str) -> ImportReport:
        header, rows = read_rows(data)
        batch = self._ports.token_hex(16)
        accepted = repeated = 0
        faults: list[Fault] = []
        seen: set[tuple[str, str]] = set()
        for row in rows:
            fault = fault_of(row, len(header))
            place = (row.values.get("learner", ""), row.values.get("ref", ""))
            if fault is None and place in seen:
                fault = _fault(row, PeerViolation("import.twice", "The file has this ref of the learner twice."))
            seen.add(place)
            if fault is None:
                try:
                    fresh = await self._row(actor, rules, batch, row, signed)
                    accepted, repeated = accepted + fresh, repeated + (not fresh)
                except (PeerViolation, NotFound, NotAllowed) as error:
                    fault = _fault(row, error)
            if fault is not None:
                faults.append(fault)
        await self._desk.log_waiting(lambda each: each.institution_id == actor.institution_id)
        return ImportReport(
            batch=batch,
            accepted=accepted,
            repeated=repeated,
            faults=tuple(faults),
            correction=correction(header, rows, faults) if faults else "",
        )

    async def put_key(self, institution_id: InstitutionId, vkey: str) -> None:
        """Register the verifier key of signed results.

        Raises:
            PeerViolation: ``results.key`` where it is none.
        """
        try:
            parse_vkey(vkey)
        except EvidenceError as error:
            raise PeerViolation(
                "results.key", f"This is no verifier key: {error.message}", "Send a line NAME+ID+KEY."
            ) from None
        now_ms = self._ports.clock.now_ms()
        await self._ports.result_keys.put_result_key(institution_id, vkey, now_ms)
        await self._ports.staff.note_audit(institution_id, now_ms, KeyRole.STAFF, "results.key", institution_id)

    async def step(self, actor: Actor, batch: str, stage: Stage, reason: str, words: str) -> tuple[int, int]:
        """Take a step of all activities of an import; return how many took it, and how many could not.

        Raises:
            PeerViolation: ``activity.invalid`` for a step that is taken one by one; ``activity.reason``,
                ``activity.words``.
            NotAllowed: ``review.personal_key``.
        """
        if stage not in _BY_BATCH or not batch:
            raise PeerViolation("activity.invalid", f"The step {stage} is taken one by one.")
        actor.check_personal()
        done = left = 0
        before = NEWEST
        names = []
        while page := await self._reader.listed(actor, ActivityFilter(batch=batch), before, _PAGE):
            names += [activity.activity_id for activity in page]
            before = (page[-1].changed_ms, page[-1].activity_id)
        for name in names:
            try:
                await self._desk.write(actor, name, stage, reason=reason, words=words)
                done += 1
            except NotAllowed:
                left += 1
        await self._desk.log_waiting(lambda each: each.institution_id == actor.institution_id)
        return done, left

    async def _row(self, actor: Actor, rules: str, batch: str, row: Row, signed: str) -> bool:
        """Hand in one row; return False where its activity was there already."""
        wanted = Wanted(
            learner_id=LearnerId(row.values["learner"]),
            rules=rules,
            item=row.values["item"],
            details=details_of(row),
            title=row.values.get("title", ""),
            unit_id=UnitId(row.values.get("unit", "")),
            ref=row.values["ref"],
            batch=batch,
            papers=papers_of(row),
        )
        item = check_wanted(wanted)
        if item.signed is not bool(signed):
            raise NotAllowed("activity.signed", f"{item.name} comes as signed results, or must not.")
        check_complete(item, wanted.papers)
        made = await self._desk.draft(actor, wanted)
        if made.state is not State.DRAFT:
            return False
        await self._desk.write(actor, made.activity_id, Stage.RECORD if signed else Stage.SUBMIT, signed=signed)
        return True


def _fault(row: Row, error: ZaichangError) -> Fault:
    zh = _ZH.get(error.code, "未能接收。")
    return Fault(line=row.line, code=error.code, zh=zh, en=f"{error.message} {error.hint}".strip())
