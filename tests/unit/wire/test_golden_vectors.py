"""The wire room keeps to tests/vectors, which every client reads too (client_sdk/web/test/vectors.test.ts)."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from zaichang.core.errors import PeerViolation
from zaichang.wire.codec import decode_capture, decode_client, decode_server, encode, encode_capture
from zaichang.wire.messages import CaptureHeader, ClientMessage, ServerMessage

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / name).read_text(encoding="utf-8"))
    return found


CLIENT, SERVER = load("wire_client.json"), load("wire_server.json")


@pytest.mark.parametrize("vector", CLIENT["messages"], ids=lambda vector: vector["name"])
def test_client_messages_read_and_write(vector: dict[str, Any]) -> None:
    message = msgspec.convert(vector["fields"], ClientMessage)
    assert decode_client(vector["text"]) == message
    assert encode(message) == vector["text"]


@pytest.mark.parametrize("vector", CLIENT["captures"], ids=lambda vector: vector["name"])
def test_capture_frames_read_and_write(vector: dict[str, Any]) -> None:
    header, picture = msgspec.convert(vector["header"], CaptureHeader), bytes.fromhex(vector["picture_hex"])
    assert decode_capture(bytes.fromhex(vector["frame_hex"])) == (header, picture)
    assert encode_capture(header, picture).hex() == vector["frame_hex"]


@pytest.mark.parametrize("vector", CLIENT["refused_by_the_service"], ids=lambda vector: vector["name"])
def test_what_the_service_refuses(vector: dict[str, Any]) -> None:
    with pytest.raises(PeerViolation) as refused:
        decode_client(vector["text"])
    assert refused.value.code == vector["code"]


@pytest.mark.parametrize("vector", SERVER["messages"], ids=lambda vector: vector["text"][:40])
def test_server_messages_read(vector: dict[str, Any]) -> None:
    assert decode_server(vector["text"]) == msgspec.convert(vector["fields"], ServerMessage)
    assert encode(decode_server(vector["text"])) == vector["text"]


@pytest.mark.parametrize("vector", SERVER["left_out"], ids=lambda vector: vector["text"][:40] or "empty")
def test_what_a_client_leaves_out(vector: dict[str, Any]) -> None:
    with pytest.raises(PeerViolation) as refused:
        decode_server(vector["text"])
    assert refused.value.code == vector["code"]


def test_every_message_has_a_vector() -> None:
    for room, vectors in ((ClientMessage, CLIENT), (ServerMessage, SERVER)):
        types = {msgspec.inspect.type_info(one).tag for one in room.__args__}
        assert types == {vector["fields"]["t"] for vector in vectors["messages"]}
