"""A fork, written down as a file that proves it to anybody: two checkpoints that contradict each other.

Of the same size, two roots are proof enough. Of different sizes, one leaf is: the file holds its hash by each history,
with an inclusion proof to each checkpoint. Nothing in the file is secret, and no other file is needed to check it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zaichang.audit.check import Check
from zaichang.audit.findings import About, Findings
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, open_checkpoint
from zaichang.tlog.keys import decode_base64, encode_base64
from zaichang.tlog.merkle import peaks, verify_inclusion
from zaichang.tlog.tiles import TileTree
from zaichang.tlog.trust import Trust

FORMAT: Final = "zaichang-fork@v1"
MAX_FORK_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The first leaf that two histories have differently: its index, and its hash and inclusion proof in each."""

    index: int
    hashes: tuple[bytes, bytes]
    proofs: tuple[tuple[bytes, ...], tuple[bytes, ...]]


def find_split(held: TileTree, shown: TileTree) -> Split | None:
    """Return the first leaf that two trees have differently; None where one is a beginning of the other.

    Raises:
        EvidenceError: ``E_TILE`` if a tile is missing.
    """
    size = min(held.size, shown.size)
    for start, end in peaks(0, size):
        low, high = start, end
        if held.range_hash(low, high) == shown.range_hash(low, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if held.range_hash(low, middle) != shown.range_hash(low, middle):
                high = middle
            else:
                low = middle
        hashes = held.leaf_hash(low), shown.leaf_hash(low)
        proofs = tuple(held.inclusion_proof(low)), tuple(shown.inclusion_proof(low))
        return Split(index=low, hashes=hashes, proofs=proofs)
    return None


def write_fork(held: bytes, shown: bytes, split: Split | None) -> bytes:
    """Return the file.

    Args:
        held: The checkpoint seen before, signed.
        shown: The checkpoint that contradicts it, signed.
        split: A leaf that differs; None where the sizes are the same.
    """
    value: dict[str, object] = {"format": FORMAT, "held": held.decode(), "shown": shown.decode()}
    if split is not None:
        value["index"] = split.index
        for name, digest, proof in zip(("held", "shown"), split.hashes, split.proofs, strict=True):
            value[f"{name}_hash"] = digest.hex()
            value[f"{name}_proof"] = [encode_base64(entry) for entry in proof]
    return canonical_bytes(value, MAX_FORK_BYTES)


def verify_fork(data: bytes, trust: Trust) -> list[Check]:
    """Check such a file: a proven fork is a finding, anything else is undecided.

    Args:
        data: The file.
        trust: The trusted log keys; no witness is asked for, because the log's own signatures are the proof.
    """
    findings = Findings()
    try:
        value = parse_canonical_object(data, MAX_FORK_BYTES)
        held, shown = (
            open_checkpoint(str(value.get(name)).encode(), trust.verifiers()).checkpoint for name in ("held", "shown")
        )
        about = About(origin=held.origin)
        if held.origin != shown.origin:
            raise EvidenceError("E_ORIGIN", "The two checkpoints are of two logs.")
        if held.size == shown.size and held.root != shown.root:
            message = f"The log has signed two roots for size {held.size}."
            findings.failed("fork", "E_FORK", message, about, field="root", expected=held.root, got=shown.root)
            return findings.checks
        index, digests = value.get("index"), [_hash(value.get(f"{name}_hash")) for name in ("held", "shown")]
        if not isinstance(index, int) or digests[0] == digests[1]:
            raise EvidenceError("E_FORMAT", "The file names no leaf that the two histories have differently.")
        for name, checkpoint, digest in zip(("held", "shown"), (held, shown), digests, strict=True):
            verify_inclusion(digest, index, checkpoint.size, _proof(value.get(f"{name}_proof")), checkpoint.root)
    except EvidenceError as error:
        message = f"The file does not prove a fork. {error.message}"
        findings.undecided("fork", error.code, message, About())
        return findings.checks
    message = f"The log has signed two histories: at sizes {held.size} and {shown.size}, leaf {index} differs."
    place = About(origin=held.origin, index=index)
    findings.failed("fork", "E_FORK", message, place, field="leaf", expected=digests[0], got=digests[1])
    return findings.checks


def contradict(held: Checkpoint, shown: Checkpoint) -> bool:
    """Whether two checkpoints of one log alone prove a fork."""
    return held.size == shown.size and held.root != shown.root


def _hash(value: object) -> bytes:
    try:
        return bytes.fromhex(str(value))
    except ValueError:
        raise EvidenceError("E_FORMAT", "A hash of the file is not hex.") from None


def _proof(value: object) -> list[bytes]:
    if not isinstance(value, list):
        raise EvidenceError("E_FORMAT", "A proof of the file is missing.")
    return [decode_base64(str(entry)) for entry in value]
