"""Inspects bundles against the inspector's own copy of the log. Pure.

Steps:
  1. the copy itself: signature, quorum, every tile and entry, every chain, sums, times        ``audit.log_scan``
  2. each bundle by itself, and against the copy: same log, same leaves, nothing left out      ``audit.sample.produced``
     A change of credit that is newer than the bundle counts as far as it takes time back (``session_part``).
  3. all bundles together: no learner is credited twice                                        ``double``
  4. where the inspector names a policy, each session ran under it                             ``policy``
Then one line for each session says whose it is, of which course, how long, when by which witness, and by which rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from zaichang.audit.bundle import EVENT, Bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.findings import About, Findings
from zaichang.audit.inspection.demand import Demand
from zaichang.audit.inspection.session_part import SessionPart, session_parts
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.audit.openings.lesson_opening import lesson_of, opened_lesson
from zaichang.audit.reading.bundle_reader import Source
from zaichang.audit.reading.log_entries import read_entries
from zaichang.audit.replay.replaying import Replayer
from zaichang.audit.sample.produced import OwnCopy, Produced, hold_against, worst
from zaichang.audit.whole.double_credit import check_double_credit
from zaichang.audit.whole.past import trusted_checkpoint
from zaichang.audit.whole.stamps import StampedMs
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.tiles import CHECKPOINT_PATH
from zaichang.tlog.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """One session of the inspection.

    Attributes:
        sid: The session.
        learner: The learner's pseudonym, empty where it is not opened.
        course: The course.
        lesson: The lesson.
        began_ms: Date of its first leaf.
        ended_ms: Date of its final leaf, 0 where there is none.
        minutes: Its verdict letters.
        counted_ms: Media that count, with later changes and voids.
        total: The sums as a sentence.
        policy: Name and version of its policy, empty where it is not opened.
        rules: The version of the rules, as text.
        witnessed_ms: When a quorum had first seen its final leaf, None where that is not shown.
        result: ``pass``, ``fail`` or ``undecided``.
        codes: Codes of its findings.
    """

    sid: str
    learner: str
    course: str
    lesson: str
    began_ms: int
    ended_ms: int
    minutes: str
    counted_ms: int
    total: str
    policy: str
    rules: str
    witnessed_ms: int | None
    result: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The result.

    Attributes:
        origin: The log, empty where its checkpoint cannot be believed.
        size: Its size at the believed checkpoint.
        root: Its root.
        signers: The keys that signed the checkpoint.
        witnessed_ms: When the quorum had seen that checkpoint, None without a quorum.
        in_log: Sessions that began in the log.
        sessions: The produced sessions, by begin.
        checks: Every check, those of the log first.
    """

    origin: str = ""
    size: int = 0
    root: bytes = b""
    signers: tuple[str, ...] = ()
    witnessed_ms: int | None = None
    in_log: int = 0
    sessions: tuple[SessionLine, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def counted_ms(self) -> int:
        """The time that counts of the sessions that passed."""
        return sum(line.counted_ms for line in self.sessions if line.result == Status.PASS)

    @property
    def code(self) -> int:
        """The exit code: 0 all passed, 1 a finding, 2 undecided."""
        return exit_code(self.checks)


def inspect(
    read: Callable[[str], bytes | None],
    bundles: Sequence[Source],
    trust: Trust,
    replay: Replayer | None,
    *,
    policy: Demand | None = None,
    first_sights: bytes = b"",
    stamped_ms: StampedMs | None = None,
) -> Inspection:
    """Inspect.

    Args:
        read: Reads the files of the inspector's own copy of the log.
        bundles: The bundles that the institution produced.
        trust: The trusted keys.
        replay: Recomputes verdicts.
        policy: The policy that every session must have run under; None demands none.
        first_sights: When the inspector's mirror first saw which checkpoint.
        stamped_ms: Checks time stamps; None where the inspector names no authority.
    """
    findings = Findings()
    # (1)
    findings.checks += scan_log(read, trust, ScanOptions(stamped_ms=stamped_ms), first_sights=first_sights)
    try:
        signed, _ = trusted_checkpoint(read(CHECKPOINT_PATH) or b"", read("checkpoint.witnessed"), trust)
    except EvidenceError:
        return Inspection(checks=tuple(findings.checks))  # The scan has said why.
    checkpoint, witnessed_s = signed.checkpoint, trust.witness_time_s(signed)
    # (2)
    parts = [part for source in bundles for part in session_parts(source)]
    # The copy is read once: the sessions that it is to follow must be known before.
    starts = {part.leaves[0].index for part in parts if part.leaves[0].kind == "session.start"}
    try:
        # No size was announced before the bundles were made: a leaf newer than its bundle asks for a new export.
        copy = OwnCopy.read(checkpoint.origin, 0, starts, read_entries(read, checkpoint.size))
    except EvidenceError as error:
        findings.error("produced", error, About(origin=checkpoint.origin))
        return Inspection(origin=checkpoint.origin, checks=tuple(findings.checks))
    produced, others = hold_against(copy, bundles, trust, replay)
    # (3), (4)
    own = Findings()
    first: dict[str, SessionPart] = {}
    for part in parts:
        first.setdefault(part.leaves[0].sid, part.now(copy))
    check_double_credit((each for part in first.values() if (each := part.credited()) is not None), own)
    for part in first.values():
        part.named_as(copy, own)
        part.ran_under(policy, own)
    lines = [_line(part, produced.get(part.leaves[0].index), own.checks, trust) for part in first.values()]
    told = dict.fromkeys([*(check for one in produced.values() for check in one.checks), *others, *own.checks])
    return Inspection(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root,
        signers=tuple(signed.opened.names()),
        witnessed_ms=None if witnessed_s is None else witnessed_s * 1000,
        in_log=sum(
            1 for group in read_entries(read, checkpoint.size) for entry in group if b'"t":"session.start"' in entry
        ),
        sessions=tuple(sorted(lines, key=lambda line: (line.began_ms, line.sid))),
        checks=(*findings.checks, *told),
    )


def _line(part: SessionPart, produced: Produced | None, more: Iterable[Check], trust: Trust) -> SessionLine:
    start, sid = part.leaves[0], part.leaves[0].sid
    final = next((leaf for leaf in part.leaves if leaf.kind == "session.final"), None)
    checks = [*(produced.checks if produced is not None else ()), *(check for check in more if check.sid == sid)]
    result, bad = worst(checks)
    if produced is None and result == "pass":
        result = Status.UNDECIDED.value
    bundle = part.bundle
    subject = next((field.payload for field in bundle.fields if field.field == "subj_c"), b"{}")
    rules = start.value.get("rules")
    lesson = lesson_of(start, opened_lesson(bundle.fields, sid))
    return SessionLine(
        sid=sid,
        learner=_learner(subject),
        course=start.text("course"),
        lesson="" if lesson is None else lesson.lesson,
        began_ms=_event_ms(bundle, min, start.number("at")),
        ended_ms=0 if final is None else _event_ms(bundle, max, final.number("at")),
        minutes="".join(leaf.text("minutes") for leaf in part.leaves if leaf.kind == "session.segment"),
        counted_ms=part.counted_ms(),
        total=part.total(),
        policy=part.policy(),
        rules=" ".join(f"{name} {number}" for name, number in rules.items()) if isinstance(rules, dict) else "1",
        witnessed_ms=_witnessed_ms(part, (final or start).index, trust),
        result=result,
        codes=tuple(sorted({check.code for check in bad if check.code})),
    )


def _event_ms(bundle: Bundle, choose: Callable[[Iterable[int]], int], dated_ms: int) -> int:
    """Return the time of the first or last opened event; the leaf's date where none is opened."""
    times: list[int] = []
    for opening in bundle.openings:
        if opening.kind == EVENT:
            with suppress(EvidenceError):
                at_ms = parse_canonical_object(opening.payload).get("at_ms")
                times += [at_ms] if isinstance(at_ms, int) else []
    return choose(times) if times else dated_ms


def _learner(payload: bytes) -> str:
    try:
        return str(parse_canonical_object(payload).get("learner", ""))
    except EvidenceError:
        return ""


def _witnessed_ms(part: SessionPart, index: int, trust: Trust) -> int | None:
    """Return when a quorum had first seen a leaf; that these checkpoints are of the log is checked elsewhere."""
    times: list[int] = []
    for note in (part.whole.checkpoint, *(entry.note for entry in part.whole.seen)):
        try:
            signed = trust.open_checkpoint(note, part.whole.origin)
        except EvidenceError:
            continue
        at_s = trust.witness_time_s(signed)
        if signed.checkpoint.size > index and at_s is not None:
            times.append(at_s * 1000)
    return min(times, default=None)
