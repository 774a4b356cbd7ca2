"""A session from the store as a bundle that anyone entitled to it can check offline (``audit``)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from zaichang.audit.bundle import Bundle, BundleLeaf, Commitments, FieldOpening, Opening, write_bundle
from zaichang.core.errors import EvidenceError, NotFound
from zaichang.runtime.log_port import log_origin, log_year
from zaichang.runtime.segments import EVENT, RECORD, SUBJECT, subject_payload
from zaichang.storage.folder import DataFolder
from zaichang.storage.log_posix import PUBLIC
from zaichang.storage.ports import SessionRow, Store, StoredLeaf
from zaichang.storage.vault import LearnerKey, Vault
from zaichang.tlog.checkpoint import Checkpoint, parse_checkpoint
from zaichang.tlog.commit import commit_all, salt, session_key
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import HASH_BYTES
from zaichang.tlog.tiles import TileId, TileTree


async def session_bundle(store: Store, vault: Vault, folder: DataFolder, domain: str, session_id: str) -> bytes:
    """Return the bundle of one session: its leaves with proofs, all events and records opened, its policy.

    Args:
        store: Where the session lies.
        vault: Opens the learner's key, which the salts come from.
        folder: Where the log's published files lie.
        domain: First part of log origins.
        session_id: Which session.

    Raises:
        NotFound: ``session.unknown``, or ``session.not_sealed`` where no checkpoint covers a leaf of it yet.
        NotAllowed: ``learner.erased``: the commitments can never be opened again.
        EvidenceError: Where the published log does not hold together.
    """
    row = await store.session(session_id)
    key = vault.unlock(await store.learner(row.institution_id, row.learner_id))
    leaves = [leaf for leaf in await store.leaves(session_id) if leaf.entry_index is not None]
    if not leaves:
        raise NotFound(
            "session.not_sealed", "No signed checkpoint covers a record of this session yet.", "Try again in a second."
        )
    events = list(await store.events(session_id))
    records = [minute.body for minute in await store.minutes(session_id)]
    policy = await store.policy(row.policy_digest)
    year = log_year(row.opened_ms)
    public = folder.log / row.institution_id / str(year) / PUBLIC
    return await asyncio.to_thread(
        _build, row, key, leaves, events, records, policy, public, log_origin(domain, row.institution_id, year)
    )


def _build(
    row: SessionRow,
    key: LearnerKey,
    leaves: list[StoredLeaf],
    events: list[bytes],
    records: list[bytes],
    policy: bytes,
    public: Path,
    origin: str,
) -> bytes:
    note, checkpoint = _checkpoint(public)
    tree = TileTree(checkpoint.size, lambda tile: _tile(public, tile))
    sid, secret = row.session_id, session_key(key.subject_key(), row.session_id)
    commitments: list[Commitments] = []
    openings: list[Opening] = []
    done = {EVENT: 0, RECORD: 0}
    items = {EVENT: events, RECORD: records}
    for leaf in leaves:
        if leaf.kind != "session.segment":
            continue
        fields = parse_leaf(leaf.body)
        for kind, count in ((EVENT, fields["n_events"]), (RECORD, fields["n_records"])):
            first = done[kind]
            done[kind] = first + int(str(count))
            covered = items[kind][first : done[kind]]
            values = tuple(commit_all(kind, secret, covered, first))
            commitments.append(Commitments(sid=sid, seq=leaf.leaf_seq, kind=kind, first=first, values=values))
            openings += [
                Opening(sid=sid, kind=kind, n=first + i, salt=salt(secret, kind, first + i), payload=payload)
                for i, payload in enumerate(covered)
            ]
    subject = FieldOpening(
        sid=sid,
        seq=0,
        field="subj_c",
        kind=SUBJECT,
        salt=salt(secret, SUBJECT, 0),
        payload=subject_payload(row.institution_id, row.learner_id),
    )
    return write_bundle(
        Bundle(
            origin=origin,
            checkpoint=note,
            leaves=tuple(
                BundleLeaf(index=index, leaf=leaf.body, proof=tuple(tree.inclusion_proof(index)))
                for leaf in leaves
                if (index := leaf.entry_index) is not None
            ),
            commitments=tuple(commitments),
            openings=tuple(openings),
            fields=(subject,),
            policies=(policy,),
        )
    )


def _checkpoint(public: Path) -> tuple[bytes, Checkpoint]:
    try:
        note = (public / "checkpoint").read_bytes()
    except FileNotFoundError:
        raise NotFound("log.no_checkpoint", "The log has published no checkpoint yet.") from None
    return note, parse_checkpoint(note.split(b"\n\n", 1)[0] + b"\n")


def _tile(public: Path, tile: TileId) -> bytes:
    try:
        return (public / tile.path()).read_bytes()
    except FileNotFoundError:
        pass
    try:
        # A partial tile goes once its full one is durable, possibly since the checkpoint was read.
        return (public / tile.full().path()).read_bytes()[: tile.width * HASH_BYTES]
    except FileNotFoundError:
        raise EvidenceError("E_TILE", f"The published log lacks {tile.path()}.") from None


def log_trust(folder: DataFolder, institution_id: str, opened_ms: int) -> bytes:
    """Return a trust file that believes the log's own key and asks for no witness.

    Good for trying things out. An inspector gets the key from elsewhere than from the log that is to be checked.

    Raises:
        NotFound: ``log.no_checkpoint`` where the log does not exist yet.
    """
    path = folder.log / institution_id / str(log_year(opened_ms)) / "vkey"
    try:
        vkey = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise NotFound("log.no_checkpoint", "The log has published no checkpoint yet.") from None
    return f"log {vkey}\nquorum none\n".encode()
