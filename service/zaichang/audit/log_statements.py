"""A log's statements about itself: its keys and policies, uploads, samples and erasures.

A reader of the whole log can check them: the checkpoint must be signed by a key that the log has
not ended by then, a session must not run under a policy that was never named, and no statement may
name records that the log did not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from zaichang.audit.findings import About, Findings
from zaichang.core.canonical import CanonicalValue
from zaichang.core.civil import date_text
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import SignedCheckpoint
from zaichang.tlog.keys import SignatureType, parse_vkey
from zaichang.tlog.schema import VERSION
from zaichang.tlog.trust import Trust

ROLES: Final = {
    SignatureType.ED25519: "log",
    SignatureType.COSIGNATURE_ML_DSA_44: "log-ml-dsa-44",
    SignatureType.OTHER: "log-sm2",
}
"""The role that a ``key`` leaf states, by the kind of key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    index: int
    size: int
    revoked: bool


@dataclass(slots=True)
class LogStatements:
    """Collects ``key`` and ``policy`` leaves in their order.

    Attributes:
        origin: The log.
        findings: Takes the results.
        born_ms: When the log named its first key, None before that.
    """

    origin: str
    findings: Findings
    born_ms: int | None = None
    _keys: dict[str, int] = field(default_factory=dict)
    _ends: dict[str, _End] = field(default_factory=dict)
    _policies: set[str] = field(default_factory=set)
    _unkeyed: int | None = None

    def take(self, index: int, value: Mapping[str, CanonicalValue]) -> None:
        """Record a leaf of either kind; others are ignored."""
        if value.get("t") == "policy":
            self._policies.add(str(value.get("digest")))
        elif value.get("t") == "key":
            self._key(index, value)

    def session(self, index: int, sid: str, policy: str, version: int = VERSION) -> None:
        """Check a session's start against the policies named so far.

        Before version 3 a log that names none is not checked, nor is one that names no key of its own: it was made by
        another program.

        Args:
            index: The start's index.
            sid: The session.
            policy: Digest of its policy.
            version: Of the leaf.
        """
        if self._unkeyed is None and version >= VERSION and not self._keys:
            self._unkeyed = index
        names_all = self._policies or (version >= VERSION and self._keys)
        if names_all and policy not in self._policies:
            about = About(origin=self.origin, index=index, sid=sid)
            message = "The session ran under a policy that the log had not named."
            self.findings.failed("policy", "E_POLICY", message, about, field="policy", got=policy)

    def checkpoint(self, signed: SignedCheckpoint, trust: Trust) -> None:
        """Check the checkpoint's signatures against the keys that the log has ended."""
        about = About(origin=self.origin)
        known = {(key.name, key.key_id): key.vkey for key in trust.logs}
        own = [known[e.name, e.key_id] for e in signed.opened.verified if (e.name, e.key_id) in known]
        size = signed.checkpoint.size
        ended = [self._ends[vkey] for vkey in own if vkey in self._ends and size > self._ends[vkey].size]
        if ended and len(ended) == len(own):
            end = ended[-1]
            word = "revoked" if end.revoked else "retired"
            message = f"The log itself says at index {end.index} that this key was {word} at size {end.size}."
            self.findings.failed("key", "E_KEY", message, about, field="checkpoint", got=size)
        elif self._keys:
            strangers = [vkey for vkey in own if vkey not in self._keys]
            if strangers:
                message = "The checkpoint is signed by a key that the log has never named."
                self.findings.failed("key", "E_KEY", message, about, field="vkey", got=strangers[0])
            else:
                ends = f", {len(self._ends)} ended" if self._ends else ""
                self.findings.passed("key", about, f"{len(self._keys)} keys named{ends}.")
        elif self._unkeyed is not None:
            message = "The log names no key of its own. Every log of the service names it in entry 0: ask why."
            self.findings.passed("key not named", about, message)

    def _key(self, index: int, value: Mapping[str, CanonicalValue]) -> None:
        about = About(origin=self.origin, index=index)
        vkey, action, size = str(value.get("vkey")), value.get("action"), value.get("from_size")
        try:
            key = parse_vkey(vkey)
        except EvidenceError as error:
            self.findings.error("key", error, about, field="vkey")
            return
        name, role = key.name, ROLES.get(key.signature_type)
        message = "The key is named with another role than its kind has."
        self.findings.equal("key", "E_KEY", about, "role", role, value.get("role"), message)
        if action == "add" and isinstance(size, int) and size > index:
            message = "The log names a key for a size that it had not reached."
            self.findings.failed("key", "E_KEY", message, about, field="from_size", expected=f"<= {index}", got=size)
        if name not in (self.origin, f"{self.origin}/sm3"):
            self.findings.failed("key", "E_KEY", "The key is another log's.", about, field="vkey", got=name)
        elif action == "add":
            if not self._keys and self._unkeyed is not None:
                message = f"A session stands at index {self._unkeyed}, before the log's first key."
                self.findings.failed("key", "E_KEY", message, about, field="from_size", expected=0, got=index)
            self._keys[vkey] = index
            at_ms = value.get("at")
            if self.born_ms is None and isinstance(at_ms, int):
                self.born_ms = at_ms
        elif vkey not in self._keys:
            self.findings.failed("key", "E_KEY", "A key is ended that was never named.", about, field="vkey", got=vkey)
        elif isinstance(size, int):
            revoked = action == "revoke"
            before = self._ends.get(vkey)
            if before is None or (revoked and not before.revoked):
                self._ends[vkey] = _End(index=index, size=size, revoked=revoked)
            else:
                self.findings.failed("key", "E_KEY", "This key had ended before.", about, field="vkey", got=vkey)


def check_statement(
    origin: str,
    index: int,
    value: Mapping[str, CanonicalValue],
    root_of: Callable[[int], bytes],
    findings: Findings,
) -> None:
    """Check an ``upload``, ``sampling`` or ``erasure`` leaf against the log before it; other kinds pass.

    An erasure counts the learner's sessions of all years, and a log holds those of one year: the number is not checked.

    Args:
        origin: The log.
        index: The leaf's index.
        value: Its fields.
        root_of: Returns the root of the log's first leaves.
        findings: Takes the results.
    """
    about = About(origin=origin, index=index)

    def number(name: str) -> int:
        found = value.get(name)
        return found if isinstance(found, int) else 0

    match value.get("t"):
        case LeafKind.UPLOAD if not number("from_index") <= number("to_index") < index:
            message = "An upload names records that the log did not hold."
            findings.failed("statement", "E_CONSISTENCY", message, about, field="to_index", got=number("to_index"))
        case LeafKind.SAMPLING if number("size") > index:
            message = "A sample is of a size that the log had not reached."
            findings.failed("statement", "E_CONSISTENCY", message, about, field="size", got=number("size"))
        case LeafKind.SAMPLING if (root := root_of(number("size")).hex()) != value.get("root"):
            message = "A sample is of a state that is not of this log."
            got = str(value.get("root"))
            findings.failed("statement", "E_CONSISTENCY", message, about, field="root", expected=root, got=got)
        case LeafKind.ERASURE if value.get("date") != date_text(number("at")):
            message = "An erasure states another day than its leaf."
            findings.failed("statement", "E_CONSISTENCY", message, about, field="date", got=str(value.get("date")))
        case _:
            pass
