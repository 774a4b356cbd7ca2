"""Kept captures are encrypted for one place, and come back only from there."""

from __future__ import annotations

from zaichang.live.kept_captures import keep_capture, kept_capture


class Shelf:
    """Blobs in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}

    def put(self, session_id: str, capture_id: str, encrypted: bytes) -> None:
        self.kept[session_id, capture_id] = encrypted

    def get(self, session_id: str, capture_id: str) -> bytes:
        return self.kept[session_id, capture_id]


class Lock:
    """An encryption that says what it was for."""

    def encrypt(self, purpose: str, context: str, data: bytes) -> bytes:
        return f"{purpose}|{context}|".encode() + data

    def decrypt(self, purpose: str, context: str, data: bytes) -> bytes:
        head = f"{purpose}|{context}|".encode()
        assert data.startswith(head)
        return data.removeprefix(head)


def test_a_capture_is_kept_encrypted_for_its_session_and_place() -> None:
    blobs, key = Shelf(), Lock()
    encrypted = keep_capture(blobs, key, "s1", "c1-0", b"picture")  # type: ignore[arg-type]  # two of their methods
    [kept] = blobs.kept.values()
    assert encrypted == kept and kept.endswith(b"|s1/c1-0|picture")
    assert kept_capture(blobs, key, "s1", "c1-0") == b"picture"  # type: ignore[arg-type]
