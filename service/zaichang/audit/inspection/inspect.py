"""Inspects bundles against the inspector's own copy of the log. Pure.

Steps:
  1. the copy itself: signature, quorum, every tile and entry, every chain, sums, times        ``audit.log_scan``
  2. each bundle by itself, and against the copy: same log, same leaves, nothing left out      ``audit.sample.produced``
     A change of credit that is newer than the bundle counts as far as it takes time back (``session_part``).
  3. all bundles together: no learner is credited twice                                        ``double``
     and sessions of one version of a lesson state one length of it                            ``lesson``
  4. where the inspector names a policy, each session ran under it                             ``policy``
  5. certificates and statements against the copy                                              ``inspection.papers``
Then one line for each session says whose it is, of which course, how long, when by which witness, and by which rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.findings import About, Findings
from zaichang.audit.inspection.demand import Demand
from zaichang.audit.inspection.papers import KnownRules, Paper, PaperLine, hold_papers
from zaichang.audit.inspection.session_line import SessionLine, Told
from zaichang.audit.inspection.session_part import SessionPart, session_parts
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.audit.reading.bundle_reader import Source, bundle_file
from zaichang.audit.reading.log_entries import read_entries
from zaichang.audit.replay.replaying import Replayer
from zaichang.audit.sample.produced import OwnCopy, hold_against
from zaichang.audit.whole.double_credit import check_double_credit
from zaichang.audit.whole.lesson_lengths import LessonLengths
from zaichang.audit.whole.past import trusted_checkpoint
from zaichang.audit.whole.stamps import StampedMs
from zaichang.core.errors import EvidenceError
from zaichang.tlog.tiles import CHECKPOINT_PATH
from zaichang.tlog.trust import Trust


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
        papers: The produced certificates and statements, in the order in which they were given.
        checks: Every check, those of the log first.
    """

    origin: str = ""
    size: int = 0
    root: bytes = b""
    signers: tuple[str, ...] = ()
    witnessed_ms: int | None = None
    in_log: int = 0
    sessions: tuple[SessionLine, ...] = ()
    papers: tuple[PaperLine, ...] = ()
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
    papers: Sequence[Paper] = (),
    rules_of: Callable[[str], KnownRules | None] = lambda name: None,
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
        papers: Certificates and statements that the institution handed over.
        rules_of: Returns the hour rules that the release ships under a name.
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
    files = [_opened(source) for source in bundles]
    parts = [part for file in files for part in session_parts(file)]
    # The copy is read once: the sessions that it is to follow must be known before.
    starts = {part.leaves[0].index for part in parts if part.leaves[0].kind == "session.start"}
    try:
        # No size was announced before the bundles were made: a leaf newer than its bundle asks for a new export.
        copy = OwnCopy.read(checkpoint.origin, 0, starts, read_entries(read, checkpoint.size))
    except EvidenceError as error:
        findings.error("produced", error, About(origin=checkpoint.origin))
        return Inspection(origin=checkpoint.origin, checks=tuple(findings.checks))
    first: dict[str, SessionPart] = {}
    for part in parts:
        first.setdefault(part.leaves[0].sid, part.now(copy))
    own = Findings()
    told = Told(first, LessonLengths(own), trust)
    produced, others = hold_against(copy, files, trust, replay, told.take)
    # (3), (4)
    told.rest()
    check_double_credit(told.credited, own)
    for part in first.values():
        part.named_as(copy, own)
        part.ran_under(policy, own)
    lines = [told.line(sid, produced.get(part.leaves[0].index), own.checks) for sid, part in first.items()]
    # (5)
    learners = {line.sid: line.learner for line in lines}
    paper_lines = (
        hold_papers(
            papers, copy, read_entries(read, checkpoint.size), trust, lambda sid: learners.get(sid, ""), rules_of
        )
        if papers
        else ()
    )
    every = dict.fromkeys(
        [
            *(check for one in produced.values() for check in one.checks),
            *others,
            *own.checks,
            *(check for line in paper_lines for check in line.checks),
        ]
    )
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
        papers=paper_lines,
        checks=(*findings.checks, *every),
    )


def _opened(source: Source) -> Source:
    """Return a bundle that is read once, or the source itself where it is none, which its own check names."""
    try:
        return bundle_file(source)
    except EvidenceError:
        return source
