"""Checks one session of a bundle.

Steps:
  4. its leaves form one unbroken chain                                 ``chain``
  5. the commitments of each segment give its roots                     ``roots``
  6. every opened event, record and field fits its commitment           ``opening``
  7. verdict letters, sums, counts and times agree                      ``minutes``
     and later changes of credit fit the minutes that they change       ``changes``
  8. the schedule's two halves open their commitments                   ``schedule``
     and kept captures, where they are here, are those committed to     ``captures``
  9. replaying the events by the policy gives the recorded verdicts     ``replay``
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import pairwise

from zaichang.audit.beacon_check import BeaconBasis, check_beacon
from zaichang.audit.bundle import EVENT, RECORD, Bundle
from zaichang.audit.changes.amend_checks import CHANGES, most_of_minutes
from zaichang.audit.changes.session_changes import Opened, check_changes
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.openings.capture_checks import check_captures
from zaichang.audit.openings.lesson_opening import LESSON_FIELD, check_named_lesson
from zaichang.audit.openings.opening_checks import OpeningChecks
from zaichang.audit.openings.owner import OWNER_FIELD, check_owner
from zaichang.audit.replay.replaying import End, Replayer, ReplayInput
from zaichang.audit.schedule_check import check_halves
from zaichang.audit.whole.periods import check_named_period
from zaichang.audit.whole.segment_times import check_segment_times
from zaichang.audit.whole.totals import total_of
from zaichang.core.canonical import CanonicalValue, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.core.rules_version import cannot_replay, rules_from
from zaichang.tlog.merkle import leaf_hash


class SessionChecks:
    """The checks of one session.

    Args:
        bundle: What the bundle holds of the session, with the policy that its start names.
        sid: The session.
        leaves: Its leaves in their order, at least one.
        findings: Takes the results.
        basis: Trusted keys and known checkpoints for the schedule's beacon.
        now_s: The time of the verification, Unix seconds; None where it is not known.
    """

    def __init__(
        self,
        bundle: Bundle,
        sid: str,
        leaves: list[KnownLeaf],
        findings: Findings,
        basis: BeaconBasis = BeaconBasis(),  # noqa: B008 - a frozen value
        now_s: int | None = None,
    ) -> None:
        """Make no check yet."""
        self._now_ms = None if now_s is None else now_s * 1000
        self._basis = basis
        self._bundle = bundle
        self._sid = sid
        self._leaves = leaves
        self._findings = findings

    def run(self, replay: Replayer | None) -> None:
        """Make every check; replay only if a replayer is given."""
        sid, leaves = self._sid, self._leaves
        about = About(origin=self._bundle.origin, sid=sid)
        start = len(self._findings.checks)
        if leaves[0].text("t") != "session.start":
            self._findings.failed("chain", "E_SEQ_GAP", "The session's first leaf is missing.", about, field="seq")
        for before, leaf in pairwise(leaves):
            self._link(before, leaf)
        self._ended(leaves, about)
        if len(self._findings.checks) == start:
            self._findings.passed("chain", about, f"{len(leaves)} leaves.")
        segments = [leaf for leaf in leaves if leaf.text("t") == "session.segment"]
        openings = OpeningChecks(self._bundle, sid, self._findings)
        items = {kind: openings.items(kind, segments) for kind in (EVENT, RECORD)}
        opened = openings.fields(leaves)
        check_named_period(leaves[0], items[EVENT].get(0), self._bundle.origin, self._findings)
        check_owner(leaves[0], opened.get((0, OWNER_FIELD)), items[EVENT].get(0), self._findings)
        check_named_lesson(leaves[0], opened.get((0, LESSON_FIELD)), items[EVENT].get(0), self._findings)
        self._minutes(sid, leaves, segments, items[RECORD])
        check_segment_times(self._bundle.origin, leaves, items[EVENT], self._findings)
        check_changes(self._bundle.origin, leaves, items[RECORD], items[EVENT], opened, self._findings)
        self._findings.passed("total", about, total_of(leaves).sentence())
        self._schedule(leaves, items[EVENT])
        check_captures(self._bundle, about, items[EVENT], self._now_ms, self._findings)
        if replay is not None:
            self._replayed(replay, leaves[0], segments, items, opened)

    def _ended(self, leaves: list[KnownLeaf], about: About) -> None:
        """Check that the session has one end, and that only changes of credit follow it."""
        kinds = [leaf.kind for leaf in leaves]
        if "session.final" not in kinds:
            if any(kind in CHANGES for kind in kinds):
                message = "A change of credit follows a session that has no final leaf."
                self._findings.failed("chain", "E_ORPHAN_START", message, about, field="t")
            else:
                self._findings.undecided("chain", "E_ORPHAN_START", "The session has no final leaf (yet).", about)
            return
        end = kinds.index("session.final")
        for leaf in leaves[:end]:
            if leaf.kind in CHANGES:
                message = "A change of credit stands before the session's final leaf."
                self._findings.failed("chain", "E_ORPHAN_START", message, leaf.about(self._bundle.origin), field="t")
        for leaf in leaves[end + 1 :]:
            if leaf.kind not in CHANGES:
                message = "A leaf that changes no credit follows the session's final leaf."
                self._findings.failed("chain", "E_CHAIN", message, leaf.about(self._bundle.origin), field="t")

    def _link(self, before: KnownLeaf, leaf: KnownLeaf) -> None:
        about = leaf.about(self._bundle.origin)
        seq, prev, at = leaf.number("seq"), leaf.text("prev"), leaf.number("at")
        if not self._findings.equal(
            "chain", "E_SEQ_GAP", about, "seq", before.number("seq") + 1, seq, "A leaf of the session is missing."
        ):
            return
        expected = before.hash.hex()
        if expected != prev:
            self._findings.changed(
                "chain",
                "E_CHAIN",
                f"Leaf {leaf.index} does not follow from the session's leaf before it ({before.index}).",
                before.about(self._bundle.origin),
                data=before.data,
                good=lambda data: leaf_hash(data).hex() == prev,
                field="prev",
            )
        if leaf.index <= before.index:
            self._findings.failed("chain", "E_CHAIN", "A later leaf has a lower index.", about, field="index")
        if leaf.latest_ms < before.number("at"):
            self._findings.failed(
                "chain",
                "E_TIME_LOW",
                "The leaf is dated before its predecessor.",
                about,
                field="at",
                expected=f">= {before.number('at')}",
                got=at,
            )

    # (7)
    def _minutes(self, sid: str, leaves: list[KnownLeaf], segments: list[KnownLeaf], records: dict[int, bytes]) -> None:
        before = len(self._findings.checks)
        next_minute = 0
        for number, leaf in enumerate(segments):
            about = leaf.about(self._bundle.origin)
            self._findings.equal(
                "minutes", "E_SEQ_GAP", about, "n", number, leaf.number("n"), "Segments are misnumbered."
            )
            self._findings.equal(
                "minutes",
                "E_MINUTES",
                about,
                "first_minute",
                next_minute,
                leaf.number("first_minute"),
                "The segment does not continue where the one before ended.",
            )
            letters = leaf.text("minutes")
            if leaf.number("verified_ms") > most_of_minutes(len(letters)):
                message = "The segment counts more than can have been played in its minutes."
                self._findings.failed("minutes", "E_MINUTES", message, about, field="verified_ms")
            total = 0
            complete = True
            for position, letter in enumerate(letters):
                payload = records.get(next_minute + position)
                summary = None if payload is None else _summary(payload)
                if summary is None:
                    complete = False
                    continue
                total += summary[1]
                self._findings.equal(
                    "minutes",
                    "E_MINUTES",
                    leaf.about(self._bundle.origin, next_minute + position),
                    "verdict",
                    letter,
                    summary[0],
                    "The record's verdict is not the one in the leaf.",
                )
            if complete:
                self._findings.equal(
                    "minutes",
                    "E_MINUTES",
                    about,
                    "verified_ms",
                    total,
                    leaf.number("verified_ms"),
                    "The records do not add up to the leaf's verified time.",
                )
            next_minute += len(letters)
        for leaf in leaves:
            if leaf.text("t") == "session.final":
                self._final(leaf, segments)
        if len(self._findings.checks) == before and segments:
            self._findings.passed("minutes", About(origin=self._bundle.origin, sid=sid), f"{next_minute} minutes.")

    def _final(self, leaf: KnownLeaf, segments: list[KnownLeaf]) -> None:
        about = leaf.about(self._bundle.origin)
        letters = "".join(segment.text("minutes") for segment in segments)
        expected = {
            "segments": len(segments),
            "n_verified": letters.count("V"),
            "n_refused": letters.count("F"),
            "n_undecided": letters.count("U"),
            "verified_ms": sum(segment.number("verified_ms") for segment in segments),
        }
        for name, value in expected.items():
            self._findings.equal(
                "minutes",
                "E_MINUTES",
                about,
                name,
                value,
                leaf.number(name),
                "The final leaf does not sum its segments.",
            )

    # (8)
    def _schedule(self, leaves: list[KnownLeaf], events: Mapping[int, bytes]) -> None:
        for leaf in leaves:
            reveal = check_halves(leaves[0], leaf, self._findings) if leaf.kind == "session.final" else None
            if reveal is None:
                continue
            beacon = str(reveal.get("b", ""))
            if beacon and not check_beacon(beacon, leaves[0], leaf, events.values(), self._basis, self._findings):
                continue
            if self._used(leaf, reveal, events.get(0)):
                level = reveal.get("level")
                self._findings.passed("schedule", leaf.about(self._bundle.origin), f"Level {level}.")

    def _used(self, leaf: KnownLeaf, reveal: Mapping[str, CanonicalValue], first_event: bytes | None) -> bool:
        """Whether the session ran on the committed values, where its first event is opened.

        The replay checks that it ran on the nonce that its end reveals.
        """
        start = None if first_event is None else _object(first_event)
        if start is None or "seed" not in start:
            return True
        good = True
        committed = self._leaves[0].text("client_nonce_c")
        for field, expected in (("seed", reveal.get("s", "")), ("client_nonce_c", committed)):
            message = f"The session ran on another {field} than its leaves say."
            about = leaf.about(self._bundle.origin, 0)
            good &= self._findings.equal("schedule", "E_SCHED", about, field, expected, start.get(field, ""), message)
        return good

    def _policy(self, start: KnownLeaf) -> bytes | None:
        wanted = start.text("policy")
        return next((p for p in self._bundle.policies if hashlib.sha256(p).hexdigest() == wanted), None)

    @staticmethod
    def _codes(final: KnownLeaf, opened: Opened) -> dict[str, int] | None:
        """Return how often each reason was given; None where a leaf commits to the counts and they are not opened."""
        value = final.value if final.number("v") == 1 else opened.get((final.number("seq"), "codes_c"))
        counts = None if value is None else value.get("codes")
        return {code: n for code, n in counts.items() if isinstance(n, int)} if isinstance(counts, dict) else None

    def _end(self, leaf: KnownLeaf | None, opened: Opened) -> End | None:
        if leaf is None:
            return None
        final = leaf.value
        reveal = final.get("sched")
        halves = reveal if isinstance(reveal, dict) else {}
        return End(
            reason=str(final.get("reason")),
            codes=self._codes(leaf, opened) or {},
            client_nonce=str(halves.get("r", "")),
            beacon=str(halves.get("b", "")),
        )

    def _known_rules(self, start: KnownLeaf, events: Mapping[int, bytes]) -> bool:
        """Whether the session was recorded under a version of the rules that this release replays."""
        stated, about = start.value.get("rules"), start.about(self._bundle.origin)
        first = _object(events[0]) if 0 in events else None
        if first is not None and first.get("rules") != stated:
            message = "The session ran under other rules than its start leaf names."
            self._findings.failed("replay", "E_RULES", message, about, field="rules", got=first.get("rules"))
            return False
        version = rules_from(stated)
        if version is None:
            return True  # The leaf breaks its schema, which is named by itself.
        release = next((entry.release for entry in self._bundle.rules if entry.version == version), "")
        reason = cannot_replay(version, f"release {release}" if release else "")
        if reason is not None:
            self._findings.undecided("replay", "E_RULES", reason, about, field="rules")
        return reason is None

    # (9)
    def _replayed(
        self,
        replay: Replayer,
        start: KnownLeaf,
        segments: list[KnownLeaf],
        items: dict[str, dict[int, bytes]],
        opened: Opened,
    ) -> None:
        sid = self._sid
        about = About(origin=self._bundle.origin, sid=sid)
        counts = {kind: sum(leaf.number(f"n_{kind}s") for leaf in segments) for kind in (EVENT, RECORD)}
        for kind, count in counts.items():
            if sorted(items[kind]) != list(range(count)):
                self._findings.undecided("replay", "E_OPENING", f"Not all {kind}s are opened.", about)
                return
        if not self._known_rules(start, items[EVENT]):
            return
        final = next((leaf for leaf in self._leaves if leaf.kind == "session.final"), None)
        if final is not None and self._codes(final, opened) is None:
            message = "The reason counts of the session's end are not opened."
            self._findings.undecided("replay", "E_OPENING", message, final.about(self._bundle.origin), field="codes_c")
            return
        policy = self._policy(start)
        session = ReplayInput(
            sid=sid,
            policy=policy,
            events=tuple(items[EVENT][n] for n in range(counts[EVENT])),
            records=tuple(items[RECORD][n] for n in range(counts[RECORD])),
            end=self._end(final, opened),
        )
        try:
            divergences = replay(session)
        except EvidenceError as error:
            self._findings.error("replay", error, about)
            return
        for divergence in divergences:
            self._findings.failed(
                "replay",
                divergence.code,
                divergence.message,
                About(origin=self._bundle.origin, sid=sid, event=divergence.minute),
                field=divergence.field,
                expected=divergence.expected,
                got=divergence.got,
            )
        if not divergences:
            self._findings.passed("replay", about, f"{counts[RECORD]} minutes recomputed from {counts[EVENT]} events.")


def _object(data: bytes) -> dict[str, CanonicalValue] | None:
    try:
        return parse_canonical_object(data)
    except EvidenceError:
        return None


def _summary(record: bytes) -> tuple[str, int] | None:
    """Return a minute record's verdict letter and verified time; None if it is not one."""
    try:
        value = parse_canonical_object(record)
    except EvidenceError:
        return None
    verdict, verified = value.get("verdict"), value.get("verified_ms")
    if not isinstance(verdict, str) or not isinstance(verified, int):
        return None
    return verdict, verified
