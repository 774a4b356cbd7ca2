"""The wire room keeps to tests/vectors, which every client reads too (client_sdk/web/test/vectors.test.ts)."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from zaichang.core.errors import PeerViolation
from zaichang.protocol.codec import decode_capture, decode_client, decode_server, encode, encode_capture
from zaichang.protocol.messages import CaptureHeader, ClientMessage, ServerMessage

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


@pytest.mark.parametrize("dialogue", load("liveness_dialogues.json")["dialogues"], ids=lambda one: one["name"])
def test_liveness_dialogues_are_of_this_protocol(dialogue: dict[str, Any]) -> None:
    nonces = {step["server"]["nonce"] for step in dialogue["steps"] if "nonce" in step.get("server", {})}
    for step in dialogue["steps"]:
        if "server" in step:
            sent = decode_server(json.dumps(step["server"]))
            assert json.loads(encode(sent)) == step["server"]
        for expected in step["expect"]:
            if expected["t"] != "join":
                decode_client(json.dumps({name: value for name, value in expected.items() if value is not None}))
        if step["frame_nonce"] is not None:
            header = CaptureHeader(capture_id="q", nonce=step["frame_nonce"])
            assert decode_capture(encode_capture(header, b"jpeg")) == (header, b"jpeg")
            assert step["frame_nonce"] in nonces


def test_every_message_has_a_vector() -> None:
    for room, vectors in ((ClientMessage, CLIENT), (ServerMessage, SERVER)):
        types = {msgspec.inspect.type_info(one).tag for one in room.__args__}
        assert types == {vector["fields"]["t"] for vector in vectors["messages"]}
