"""Sessions as leaves of a log, with changes of credit, for tests of chains, sums and completeness."""

from __future__ import annotations

from dataclasses import dataclass, field

from support.evidence_bundle import AT_MS, ORIGIN
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.tlog import leaf
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash

NOTHING = bytes(32)


@dataclass
class SmallLog:
    """Builds a log's leaves session by session; every method returns the index of the leaf that it adds."""

    leaves: list[bytes] = field(default_factory=list)
    at_ms: int = AT_MS
    _chains: dict[str, tuple[int, bytes | None]] = field(default_factory=dict)
    _began: dict[str, int] = field(default_factory=dict)
    _ended: dict[str, int] = field(default_factory=dict)

    def _ref(self, sid: str, at_ms: int = 0) -> leaf.SessionRef:
        seq, prev = self._chains.get(sid, (0, None))
        self.at_ms += 1_000
        began_ms = self._began.get(sid) if seq else None
        return leaf.SessionRef(origin=ORIGIN, sid=sid, seq=seq, prev=prev, at_ms=at_ms or self.at_ms, began_ms=began_ms)

    def _add(self, sid: str, data: bytes) -> int:
        seq, _ = self._chains.get(sid, (0, None))
        self._chains[sid] = (seq + 1, leaf_hash(data))
        self.leaves.append(data)
        return len(self.leaves) - 1

    def start(self, sid: str) -> int:
        made = leaf.session_start(
            self._ref(sid), policy=NOTHING, course="c", lesson_c=NOTHING, subj_c=NOTHING, sched_c=NOTHING
        )
        self._began[sid] = self._ended[sid] = self.at_ms
        return self._add(sid, made)

    def segment(self, sid: str, minutes: str = "VV", verified_ms: int = 100_000, first: int = 0) -> int:
        from_ms = self._ended.get(sid, self.at_ms)
        ref = self._ref(sid)
        self._ended[sid] = ref.at_ms
        made = leaf.session_segment(
            ref,
            n=first // 2,
            from_ms=from_ms,
            to_ms=ref.at_ms,
            first_minute=first,
            minutes=minutes,
            verified_ms=verified_ms,
            n_records=len(minutes),
        )
        return self._add(sid, made)

    def final(self, sid: str, minutes: str = "VV", verified_ms: int = 100_000, segments: int = 1) -> int:
        counts = {"n_verified": minutes.count("V"), "n_refused": minutes.count("F"), "n_undecided": minutes.count("U")}
        codes_c = bytes(32)
        made = leaf.session_final(
            self._ref(sid, self._ended.get(sid, 0)),
            segments=segments,
            verified_ms=verified_ms,
            reason="SESSION_FINISHED",
            codes_c=codes_c,
            **counts,
        )
        return self._add(sid, made)

    def amend(self, sid: str, target: int, delta_ms: int = 30_000, minute: int = 0) -> int:
        made = leaf.session_amend(
            self._ref(sid),
            target=target,
            target_hash=leaf_hash(self.leaves[target]),
            minute=minute,
            verdict="V",
            delta_ms=delta_ms,
            reason="REVIEW_GRANTED",
            request=bytes(32),
        )
        return self._add(sid, made)

    def void(self, sid: str, target: int) -> int:
        target_hash = leaf_hash(self.leaves[target])
        made = leaf.session_void(
            self._ref(sid), target=target, target_hash=target_hash, reason="SERVICE_FAULT", request=bytes(32)
        )
        return self._add(sid, made)

    def whole(self, sid: str) -> tuple[int, int, int]:
        """Add a session of 100 s in one segment; return its three indexes."""
        return self.start(sid), self.segment(sid), self.final(sid)

    def known(self) -> list[KnownLeaf]:
        """Return the leaves, parsed."""
        return [
            KnownLeaf(index=index, data=data, hash=leaf_hash(data), value=parse_leaf(data))
            for index, data in enumerate(self.leaves)
        ]
