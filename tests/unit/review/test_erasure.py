"""Erasure reaches every port: pictures go from the blob store that the service uses, wherever that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.study import ManualClock, Student, service, token
from zaichang.adapters.posix.erasure import PosixLegalHolds, PosixPendingErasures
from zaichang.adapters.posix.evidence_files import PosixEvidenceFiles
from zaichang.core.enums import ErasureScope
from zaichang.core.errors import NotFound
from zaichang.live.kept_captures import kept_capture
from zaichang.ports.records_review import Erasure
from zaichang.review.erasure import Eraser, ErasurePorts


class MemoryBlobs:
    """A blob store that is no folder."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], bytes] = {}

    def put(self, session_id: str, capture_id: str, encrypted: bytes) -> None:
        self.held[session_id, capture_id] = encrypted

    def get(self, session_id: str, capture_id: str) -> bytes:
        try:
            return self.held[session_id, capture_id]
        except KeyError:
            raise NotFound("capture.unknown", "This picture is not kept (any more).") from None

    def delete(self, session_id: str, capture_id: str) -> None:
        self.held.pop((session_id, capture_id), None)


def erasure(**more: Any) -> Erasure:
    values = {
        "erasure_id": "e1", "institution_id": "inst", "learner_id": "learner", "scope": ErasureScope.ALL,
        "basis": "pipl-47", "request": "", "proposed_by": "ren", "proposed_ms": 1,
    }  # fmt: skip
    return Erasure(**{**values, **more})


async def test_pictures_in_another_store_are_erased_too(tmp_path: Path) -> None:
    clock, blobs = ManualClock(), MemoryBlobs()
    async with service(tmp_path, clock=clock) as services:
        object.__setattr__(services.session_ports, "blobs", blobs)
        await services.enrolling.from_photos("inst", "other", [b"another picture"])
        for learner in ("learner", "other"):
            student = Student(services, clock)
            await student.begin(await token(services, learner))
            await student.finish()
            await student.closed()
        await services.hub.settle()
        kept = {session_id for session_id, _ in blobs.held}
        assert len(kept) == 2 and list((tmp_path / "captures").iterdir()) == []
        eraser = Eraser(
            ErasurePorts(
                clock=clock,
                store=services.store,
                captures=services.store,
                blobs=blobs,
                evidence=PosixEvidenceFiles(services.folder),
                outbox=services.session_ports.outbox,
                holds=PosixLegalHolds(services.folder),
                pending=PosixPendingErasures(services.folder),
                logs=services.session_ports.logs,
                learners=services.store,
                vault=services.ports.vault,
                token_hex=services.session_ports.token_hex,
            )
        )
        sessions, _ = await eraser.erase(erasure())
        assert sessions == 1
        assert {session_id for session_id, _ in blobs.held} == {student.session_id}, "the other learner's stay"
        key = services.ports.vault.unlock(await services.store.learner("inst", "other"))
        assert all(kept_capture(blobs, key, *place).startswith(b"\xff\xd8") for place in blobs.held)
