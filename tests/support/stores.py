"""A data folder with a store, and rows to put in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import ErasureScope, ProposalState, SessionState
from zaichang.ports.records import Append, Institution, Learner, SessionRow, StoredEvent
from zaichang.ports.records_review import Erasure
from zaichang.session.policy import Policy, policy_digest, policy_to_mapping

POLICY = Policy(name="test")
DIGEST = policy_digest(POLICY)

ROW = SessionRow(
    session_id="s1",
    institution_id="inst",
    learner_id="learner",
    course_id="course",
    lesson_id="lesson",
    token_id="token-1",
    policy_digest=DIGEST,
    state=SessionState.OPEN,
    opened_ms=1_000,
)


@asynccontextmanager
async def open_store(path: Path, *, inline: bool = False) -> AsyncIterator[SqliteStore]:
    """Open a store on ``path`` with an institution, a policy and a learner in it."""
    folder = DataFolder(path)
    folder.prepare()
    store = SqliteStore(folder, inline=inline)
    try:
        await store.put_institution(
            Institution(
                institution_id="inst",
                name_zh="机构",
                name_en="Institution",
                key_digest="k" * 64,
                staff_digest="s" * 64,
                created_ms=1,
            )
        )
        await store.put_policy(DIGEST, POLICY.name, canonical_bytes(policy_to_mapping(POLICY)))
        await store.ensure_learner(
            Learner(institution_id="inst", learner_id="learner", wrapped_key=b"wrapped", created_ms=1)
        )
        yield store
    finally:
        store.close()


def row(number: int, **changes: object) -> SessionRow:
    """Return the ``number``-th session of the learner."""
    values: dict[str, object] = {"session_id": f"s{number}", "token_id": f"token-{number}", **changes}
    return replace(ROW, **values)  # type: ignore[arg-type]


def events(first: int, *bodies: bytes, session_id: str = "s1", epoch: int = 1, **more: object) -> Append:
    """Return a write of events with these bodies."""
    stored = tuple(StoredEvent(at_ms=1_000 + first + i, body=body) for i, body in enumerate(bodies))
    return Append(session_id=session_id, epoch=epoch, first_seq=first, events=stored, **more)  # type: ignore[arg-type]


async def erase_all(store: SqliteStore, institution: str, learner: str, alias: str, at_ms: int) -> None:
    """Erase all of a learner's rows, as the eraser asks the store to."""
    await store.erase(erasure_of(institution, learner, alias), f"mark-{institution}-{learner}", at_ms)


def erasure_of(institution: str, learner: str, alias: str, **more: object) -> Erasure:
    """Return an erasure that is carried out."""
    values: dict[str, object] = {
        "erasure_id": f"erasure-{alias}", "institution_id": institution, "learner_id": learner,
        "scope": ErasureScope.ALL, "basis": "pipl-47", "request": "", "proposed_by": "ren", "proposed_ms": 1,
        "state": ProposalState.DONE, "alias": alias,
    }  # fmt: skip
    return Erasure(**{**values, **more})  # type: ignore[arg-type]  # by name
