"""Certificates and statements that an institution handed over, held against the inspector's own copy. Pure.

  1. a certificate by itself                                                          ``audit.certificate.check``
  2. its entry is the copy's, its checkpoint a state of the copy, and it still stands  ``E_LEAF_HASH``, ``E_FORK``,
                                                                                       ``E_CERTIFICATE``
  3. a statement counts of each session no more than the copy's records do             ``E_MINUTES``, ``E_REVOKED``
     by the hour rules that the inspector's release ships under that name               ``E_RULES``
  4. a certificate states what its statement does, and its sessions are the learner's   ``E_OPENING``
  5. no session stands in the statements of two learners                               ``E_DOUBLE``

Activities are not compared, and a session that another log holds is undecided. The page of a PDF is compared by
``zaichang verify``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from zaichang.audit.certificate.check import verify_certificate
from zaichang.audit.certificate.page import PDF_BEGIN, attached
from zaichang.audit.certificate.proof import CertificateProof, read_proof
from zaichang.audit.check import Check
from zaichang.audit.findings import About, Findings
from zaichang.audit.inspection.statement_file import StatementFile, is_statement, read_statement
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.sample.produced import OwnCopy, worst
from zaichang.audit.whole.totals import Total, total_of
from zaichang.core.civil import time_text
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.trust import Trust

MAX_PAPER_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A file that the institution handed over.

    Attributes:
        name: Its name.
        data: Its bytes: a certificate (PDF or JSON), or a statement as ``hours statement --json`` prints it.
    """

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLine:
    """The result of one paper.

    Attributes:
        name: The file's name.
        kind: ``certificate``, ``statement``, or empty where it is neither.
        said: What it says, where it passed.
        result: ``pass``, ``fail`` or ``undecided``.
        codes: Codes of its findings.
        checks: Its checks.
    """

    name: str
    kind: str
    said: str
    result: str
    codes: tuple[str, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRules:
    """The hour rules that the inspector's release ships under a name.

    Attributes:
        version: Their version.
        digest: Their SHA-256, 64 hex digits.
        hour_min: Minutes of one 学时, as text; empty where they count none.
    """

    version: str
    digest: str
    hour_min: str


@dataclass(slots=True, kw_only=True)
class _Read:
    """A paper as it was read."""

    name: str
    checks: list[Check]
    findings: Findings = field(default_factory=Findings)
    proof: CertificateProof | None = None
    statement: StatementFile | None = None

    @property
    def kind(self) -> str:
        return "certificate" if self.proof is not None else "statement" if self.statement is not None else ""


def hold_papers(
    papers: Sequence[Paper],
    copy: OwnCopy,
    entries: Iterable[Sequence[bytes]],
    trust: Trust,
    learner_of: Callable[[str], str],
    rules_of: Callable[[str], KnownRules | None] = lambda name: None,
) -> tuple[PaperLine, ...]:
    """Check papers against the inspector's copy of the log.

    Args:
        papers: As they were handed over.
        copy: The copy.
        entries: Its entries in their order, bundle by bundle; read once.
        trust: The trusted keys.
        learner_of: Returns the opened pseudonym of a produced session, empty where it is not known.
        rules_of: Returns the hour rules that are shipped under a name, or None.
    """
    read = [_read(paper, trust) for paper in papers]
    sids = {sid for each in read if each.statement is not None for sid in each.statement.sessions}
    ended, leaves = _of_papers(entries, sids)
    statements = {each.statement.digest: each for each in read if each.statement is not None}
    for each in read:
        if each.statement is not None:
            _sessions(each.statement, leaves, each.findings, copy.origin)
            _rules(each.statement, rules_of(each.statement.rules), each.findings, copy.origin)
    owners: dict[str, str] = {}
    for each in read:
        if each.proof is not None:
            _entry(each.proof, copy, trust, ended, each.findings)
            behind = statements.get(each.proof.certificate.statement)
            _follows(each.proof, behind, learner_of, owners, each.findings)
    return tuple(_line(each) for each in read)


# (1)
def _read(paper: Paper, trust: Trust) -> _Read:
    found = _Read(name=paper.name, checks=[])
    try:
        if is_statement(paper.data):
            found.statement = read_statement(paper.data)
            return found
        data = attached(paper.data) if paper.data.startswith(PDF_BEGIN) else paper.data
        found.proof = read_proof(data)
        found.checks = verify_certificate(data, trust)
    except EvidenceError as error:
        found.findings.undecided("paper", error.code, f"{paper.name}: {error.message}", About())
    return found


def _of_papers(
    entries: Iterable[Sequence[bytes]], sids: set[str]
) -> tuple[dict[int, tuple[int, Mapping[str, object]]], dict[str, list[KnownLeaf]]]:
    """Return the entries that end a certificate, by its index, and the leaves of some sessions."""
    ended: dict[int, tuple[int, Mapping[str, object]]] = {}
    leaves: dict[str, list[KnownLeaf]] = {}
    index = -1
    for group in entries:
        for data in group:
            index += 1
            paper = b'"t":"certificate"' in data
            if not paper and not (sids and b'"sid":"' in data and _sid(data) in sids):
                continue
            try:
                value = parse_leaf(data)
            except EvidenceError:
                continue  # the scan of the copy names it
            target = value.get("target")
            if value["t"] == LeafKind.CERTIFICATE:
                if isinstance(target, int):
                    ended[target] = (index, value)
            else:
                leaf = KnownLeaf(index=index, data=data, hash=leaf_hash(data), value=value)
                leaves.setdefault(leaf.sid, []).append(leaf)
    return ended, leaves


def _sid(data: bytes) -> str:
    begin = data.index(b'"sid":"') + len(b'"sid":"')
    return data[begin : data.find(b'"', begin)].decode("utf-8", "replace")


# (2)
def _entry(
    proof: CertificateProof,
    copy: OwnCopy,
    trust: Trust,
    ended: Mapping[int, tuple[int, Mapping[str, object]]],
    findings: Findings,
) -> None:
    about = About(origin=copy.origin, index=proof.index)
    message = "The certificate is of another log than the copy."
    if not findings.equal("paper", "E_ORIGIN", about, "origin", copy.origin, proof.certificate.origin, message):
        return
    try:
        then = trust.open_checkpoint(proof.checkpoint, copy.origin).checkpoint
    except EvidenceError:
        return  # the certificate's own check names it
    if max(then.size, proof.index + 1) > len(copy.hashes):
        message = f"The certificate is newer than the copy's {len(copy.hashes)} entries: mirror the log again."
        findings.undecided("paper", "E_CONSISTENCY", message, about, field="size")
        return
    if copy.root(then.size) != then.root:
        message = "The checkpoint of the certificate is not a state of the copy: the log was forked."
        findings.failed("paper", "E_FORK", message, about, field="root", expected=copy.root(then.size), got=then.root)
    if copy.hashes[proof.index] != leaf_hash(proof.leaf):
        message = "The copy holds another entry at the certificate's index."
        findings.failed("paper", "E_LEAF_HASH", message, about, expected=copy.hashes[proof.index])
    if proof.index in ended:
        at, value = ended[proof.index]
        what = "replaced" if value["action"] == "replace" else f"revoked ({value['reason']})"
        at_ms = value["at"] if isinstance(value["at"], int) else 0
        message = f"The certificate was {what} on {time_text(at_ms)} (UTC+8), by entry {at}."
        findings.failed("paper", "E_CERTIFICATE", message, about)


# (3)
def _sessions(
    statement: StatementFile, leaves: Mapping[str, Sequence[KnownLeaf]], findings: Findings, origin: str
) -> None:
    for sid, counted_ms in statement.sessions.items():
        own = leaves.get(sid)
        about = About(origin=origin, sid=sid)
        if own is None:
            if counted_ms:
                message = "The statement counts a session that the copy does not hold: ask for the log that holds it."
                findings.undecided("paper", "E_NOT_PRODUCED", message, about, field="entry")
            continue
        total = total_of(own)
        if counted_ms > _most_ms(own, total):
            message = "The statement counts more of a session than its records in the log ever did."
            findings.failed(
                "paper", "E_MINUTES", message, about, field="counted", expected=f"<= {total.counted_ms}", got=counted_ms
            )
        elif counted_ms > total.counted_ms:
            message = "The statement counts time of a session that was taken back."
            findings.failed(
                "paper", "E_REVOKED", message, about, field="counted", expected=f"<= {total.counted_ms}", got=counted_ms
            )
    for entry in statement.unnamed:
        message = "The statement counts study that names no session of a log."
        about = About(origin=origin)
        findings.undecided("paper", "E_NOT_PRODUCED", f"{message} Entry: {entry}.", about, field="entry")
    if statement.total > statement.of_lines:
        message = "The total of the statement is more than its lines."
        findings.failed(
            "paper", "E_MINUTES", message, About(origin=origin), field="total",
            expected=f"<= {statement.of_lines}", got=statement.total,
        )  # fmt: skip


def _rules(statement: StatementFile, known: KnownRules | None, findings: Findings, origin: str) -> None:
    about = About(origin=origin)
    if known is None:
        message = (
            f"This release ships no hour rules {statement.rules}: whether the statement follows them is not checked."
        )
        findings.passed("rules not compared", about, message)
    elif statement.version != known.version:
        message = f"The statement is by {statement.rules} {statement.version}; this release ships {known.version}."
        findings.undecided("paper", "E_RULES", message, about, field="version")
    else:
        message = f"The statement is by other rules than {statement.rules} {statement.version}."
        for name, expected, got in (
            ("rules_digest", known.digest, statement.rules_digest),
            ("study_hour_min", known.hour_min, statement.hour_min),
        ):
            findings.equal("paper", "E_RULES", about, name, expected, got, message)


def _most_ms(leaves: Sequence[KnownLeaf], total: Total) -> int:
    granted = sum(max(0, leaf.delta("delta_ms")) for leaf in leaves if leaf.kind == LeafKind.AMEND)
    return total.verified_ms + granted


# (4), (5)
def _follows(
    proof: CertificateProof,
    behind: _Read | None,
    learner_of: Callable[[str], str],
    owners: dict[str, str],
    findings: Findings,
) -> None:
    document = proof.certificate
    about = About(origin=document.origin, index=proof.index)
    if behind is None or behind.statement is None:
        digest = document.statement[:16]
        message = f"Certificate {document.number}: the statement behind it ({digest}) was not handed over."
        findings.passed("statement not compared", about, message)
        return
    stated = behind.statement
    pairs = [
        ("year", stated.year, document.year),
        ("rules", stated.rules, document.rules.name),
        ("version", stated.version, document.rules.version),
        ("rules_digest", stated.rules_digest, document.rules.digest),
        ("facts", stated.facts, document.facts),
        ("status", stated.status, str(document.status)),
        *((str(measure), stated.sums.get(measure), str(amount)) for measure, amount in document.sums),
        *(
            (each.item, str(stated.earned.get((each.item, each.unit), 0)), str(each.counted))
            for each in document.earned
        ),
    ]
    for name, expected, got in pairs:
        message = "The certificate does not say what the statement does that it names."
        findings.equal("paper", "E_OPENING", about, name, expected, got, message)
    for sid in behind.statement.sessions:
        known = learner_of(sid)
        if known and known != document.learner:
            message = f"The statement of {document.learner} counts a session of another learner."
            findings.failed(
                "paper", "E_OPENING", message, About(origin=document.origin, sid=sid), field="learner",
                expected=known, got=document.learner,
            )  # fmt: skip
        if owners.setdefault(sid, document.learner) != document.learner:
            message = f"The session stands in the statement of {owners[sid]} too."
            findings.failed("paper", "E_DOUBLE", message, About(origin=document.origin, sid=sid), field="entry")


def _line(read: _Read) -> PaperLine:
    result, bad = worst([*read.checks, *read.findings.checks])
    if read.statement is not None and result == "pass":
        read.findings.passed("statement", About(), read.statement.sentence())
    checks = (*read.checks, *read.findings.checks)
    said = [check.message for check in checks if check.check in ("certificate", "statement")]
    return PaperLine(
        name=read.name,
        kind=read.kind,
        said=" ".join(said),
        result=result,
        codes=tuple(sorted({check.code for check in bad if check.code})),
        checks=checks,
    )
