"""Checking a bundle offline: no database, no models, no network. Only the keys in ``Trust`` are trusted.

Steps:
  0. read every line                                                    ``format``
  1. the checkpoint: log signature, then the quorum of witnesses        ``checkpoint``
  2. every leaf is in the tree that the checkpoint signs                ``inclusion``
  3. every leaf is canonical and fits its schema, and is this log's     ``leaf``
  4. to 9. each session by itself (``audit.session_checks``, and its times: ``audit.time_checks``)
  10. no learner is credited twice, and a lesson has one length           ``double``, ``lesson``
  11. the bundle of a period leaves out no session                       ``period``
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from zaichang.audit.beacon_check import BeaconBasis
from zaichang.audit.bundle import Bundle, BundleLeaf, Period
from zaichang.audit.check import Check
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.reading.bundle_reader import Source, bundle_file
from zaichang.audit.replay.replaying import Replayer
from zaichang.audit.session_checks import SessionChecks
from zaichang.audit.time_checks import Bounds, SeenAt, check_times
from zaichang.audit.whole.completeness import check_period
from zaichang.audit.whole.double_credit import Credited, check_double_credit, credited_of
from zaichang.audit.whole.forms import Forms
from zaichang.audit.whole.lesson_lengths import LessonLengths
from zaichang.core.errors import EvidenceError
from zaichang.core.rules_version import rules_from
from zaichang.tlog.checkpoint import Checkpoint, SignedCheckpoint
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import inclusion_root, leaf_hash, verify_consistency
from zaichang.tlog.trust import NONE, Trust


def _no_one(sid: str, part: Bundle) -> None:
    """Take nothing."""


def verify_bundle(
    source: Source, trust: Trust, replay: Replayer | None = None, opened: Callable[[str, Bundle], None] = _no_one
) -> list[Check]:
    """Check a bundle, one session after another: openings and captures of one session are in memory at a time.

    Args:
        source: The bundle.
        trust: The trusted logs and witnesses.
        replay: Recomputes verdicts, where given.
        opened: Given each session with its openings, so that a caller who needs them reads them once.

    Returns:
        Every check made; ``check.exit_code`` sums them up.
    """
    findings = Findings()
    try:
        file = bundle_file(source)
    except EvidenceError as error:
        findings.undecided("format", error.code, error.message, About())
        return findings.checks
    bundle, bad_lines = file.whole, file.bad
    for bad in bad_lines:
        about = About(origin=bundle.origin, index=bad.index, sid=bad.sid, event=bad.event)
        message = f"Line {bad.number} of the bundle: {bad.error.message}"
        findings.failed("format", bad.error.code, message, about, field=f"line {bad.number}")
    if not bad_lines:
        findings.passed("format", About(origin=bundle.origin))
    signed = _checkpoint(bundle, trust, findings)
    checkpoint = None if signed is None else signed.checkpoint
    checked = [_leaf(entry, bundle, checkpoint, findings) for entry in bundle.leaves]
    leaves = [leaf for leaf in checked if leaf is not None]
    forms = Forms(findings)
    for known in sorted(leaves, key=lambda leaf: leaf.index):
        forms.take(known.about(bundle.origin), known.number("v"), known.number("at"), known.latest_ms)
    bounds = _bounds(bundle, trust, signed, findings)
    now_ms = None if trust.now_s is None else trust.now_s * 1000
    bounds = replace(bounds, born_ms=_born_ms(leaves, bundle.period), now_ms=now_ms)
    if not leaves and checkpoint is not None:
        findings.undecided("leaf", "E_FORMAT", "The bundle holds no readable leaf.", About(origin=bundle.origin))
    _policies(bundle, leaves, findings)
    _rules(bundle, leaves, findings)
    of_session: dict[str, list[KnownLeaf]] = {}
    for leaf in leaves:
        if leaf.sid:
            of_session.setdefault(leaf.sid, []).append(leaf)
    policies = {hashlib.sha256(document).hexdigest(): document for document in bundle.policies}
    for sid in sorted(file.sessions() - of_session.keys()):
        about = About(origin=bundle.origin, sid=sid)
        findings.failed("chain", "E_OPENING", "Openings without any leaf of their session.", about, field="sid")
    basis = BeaconBasis(keys=trust.beacons, known=bounds.known)
    credited, lengths = list[Credited | None](), LessonLengths(findings)
    for sid, own in sorted(of_session.items()):
        if findings.full:
            findings.unchecked(About(origin=bundle.origin, sid=sid))
            continue
        own.sort(key=lambda leaf: (leaf.number("seq"), leaf.index))
        check_times(bundle.origin, own, bounds, findings)
        policy = policies.get(own[0].text("policy"))
        try:
            part = replace(file.part(sid), policies=() if policy is None else (policy,))
        except EvidenceError as error:
            findings.error("format", error, About(origin=bundle.origin, sid=sid))
            continue
        SessionChecks(part, sid, own, findings, basis, trust.now_s).run(replay)
        credited.append(credited_of(part, own))
        opened(sid, part)
        lengths.take(part, own[0])
    check_double_credit((each for each in credited if each is not None), findings)
    if checkpoint is not None:
        check_period(bundle, leaves, checkpoint, bounds.seen, findings, witnessed=trust.quorum != NONE)
    findings.finish(About(origin=bundle.origin))
    return findings.checks


# (1)
def _checkpoint(bundle: Bundle, trust: Trust, findings: Findings) -> SignedCheckpoint | None:
    about = About(origin=bundle.origin)
    if not bundle.checkpoint:
        findings.undecided("checkpoint", "E_FORMAT", "The bundle holds no readable checkpoint.", about)
        return None
    try:
        signed = trust.open_checkpoint(bundle.checkpoint, bundle.origin)
    except EvidenceError as error:
        findings.error("checkpoint", error, about, field="checkpoint")
        return None
    names = ", ".join(signed.opened.names())
    findings.passed("checkpoint", about, f"Size {signed.checkpoint.size}, signed by {names}.")
    return signed


def _bounds(bundle: Bundle, trust: Trust, signed: SignedCheckpoint | None, findings: Findings) -> Bounds:
    if signed is None:
        return Bounds()
    about, newest = About(origin=bundle.origin), signed.checkpoint
    found: list[SeenAt] = []
    known = {(newest.size, newest.root)}
    now_s = trust.witness_time_s(signed)
    if now_s is not None:
        found.append(SeenAt(size=newest.size, at_ms=now_s * 1000, near=False))
    for entry in bundle.seen:
        try:
            earlier = trust.open_checkpoint(entry.note, bundle.origin)
            old = earlier.checkpoint
            verify_consistency(old.size, newest.size, entry.proof, old.root, newest.root)
        except EvidenceError as error:
            if error.code != "E_QUORUM":  # a witness was away in that round
                findings.error("consistency", error, about, field="seen")
            continue
        known.add((old.size, old.root))
        at_s = trust.witness_time_s(earlier)
        if at_s is not None:
            found.append(SeenAt(size=old.size, at_ms=at_s * 1000))
    if bundle.seen and len(found) > 1:
        findings.passed("consistency", about, f"{len(bundle.seen)} earlier cosigned checkpoints are part of this log.")
    return Bounds(seen=tuple(found), known=frozenset(known))


def _born_ms(leaves: list[KnownLeaf], period: Period | None) -> int | None:
    """Return when the log named its first key, None where the bundle does not show the log's first leaf."""
    first = next((leaf.value for leaf in leaves if leaf.index == 0), None)
    if first is None and period is not None and (data := dict(period.beside).get(0)) is not None:
        with suppress(EvidenceError):
            first = parse_leaf(data)
    at_ms = first.get("at") if first is not None and first.get("t") == "key" else None
    return at_ms if isinstance(at_ms, int) else None


# (2), (3)
def _leaf(entry: BundleLeaf, bundle: Bundle, checkpoint: Checkpoint | None, findings: Findings) -> KnownLeaf | None:
    about = About(origin=bundle.origin, index=entry.index)
    if checkpoint is not None:
        _inclusion(entry, checkpoint, about, findings)
    try:
        value = parse_leaf(entry.leaf)
    except EvidenceError as error:
        findings.error("leaf", error, about, field="leaf")
        return None
    leaf = KnownLeaf(index=entry.index, data=entry.leaf, hash=leaf_hash(entry.leaf), value=value)
    message = "The leaf names another log."
    findings.equal("leaf", "E_ORIGIN", about, "origin", bundle.origin, leaf.text("origin"), message)
    return leaf


def _inclusion(entry: BundleLeaf, checkpoint: Checkpoint, about: About, findings: Findings) -> None:
    def included(data: bytes) -> bool:
        return inclusion_root(leaf_hash(data), entry.index, checkpoint.size, entry.proof) == checkpoint.root

    try:
        good = included(entry.leaf)
    except EvidenceError as error:
        findings.error("inclusion", error, about, field="proof")
        return
    if good:
        findings.passed("inclusion", about)
        return
    message = f"Leaf {entry.index} with this text is not in the log that was signed."
    findings.changed(
        "inclusion", "E_INCLUSION", message, about, data=entry.leaf, good=included, field="leaf, index or proof"
    )


def _rules(bundle: Bundle, leaves: list[KnownLeaf], findings: Findings) -> None:
    """Hold the versions of the rules that the bundle names against its sessions' starts."""
    starts = [leaf for leaf in leaves if leaf.kind == "session.start"]
    used = {rules_from(leaf.value.get("rules")) for leaf in starts}
    named = {entry.version for entry in bundle.rules}
    if bundle.rules and starts and named != used:
        message = "The bundle names other versions of the rules than its sessions do."
        findings.failed("format", "E_RULES", message, About(origin=bundle.origin), field="rules")


def _policies(bundle: Bundle, leaves: list[KnownLeaf], findings: Findings) -> None:
    used = {leaf.text("policy") for leaf in leaves if leaf.kind == "session.start"}

    def ran_under(document: bytes) -> bool:
        return hashlib.sha256(document).hexdigest() in used

    about = About(origin=bundle.origin)
    for document in bundle.policies:
        if ran_under(document):
            findings.passed("policy", about, hashlib.sha256(document).hexdigest())
        else:
            message = "No session of the bundle ran under this policy."
            findings.changed("policy", "E_POLICY", message, about, data=document, good=ran_under, field="policy")
