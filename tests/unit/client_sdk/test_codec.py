"""The client's own message types are the service's, field by field."""

import msgspec
import pytest

import zaichang_client.protocol.messages as client_side
from zaichang.protocol import codec
from zaichang.protocol import messages as service_side
from zaichang_client import ClientError
from zaichang_client import codec as client_codec
from zaichang_client.errors import UnknownMessage

NAMES = [name for name in dir(service_side) if isinstance(getattr(service_side, name), type) and name != "Struct"]
MESSAGES = [
    name for name in NAMES if not name.startswith("_") and issubclass(getattr(service_side, name), msgspec.Struct)
]


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_has_the_service_s_fields_types_and_bounds(name: str) -> None:
    schemas = [msgspec.json.schema(getattr(side, name)) for side in (client_side, service_side)]
    for schema in schemas:
        for definition in schema["$defs"].values():
            definition.pop("description", None)
    assert schemas[0] == schemas[1]


def test_every_message_was_compared() -> None:
    assert len(MESSAGES) >= 17


def test_what_the_client_encodes_the_service_decodes() -> None:
    beat = client_side.Heartbeat(seq=3, nonce="0" * 32, playhead_ms=12, playing=True)
    decoded = codec.decode_client(client_codec.encode(beat))
    assert isinstance(decoded, service_side.Heartbeat)
    assert msgspec.to_builtins(decoded) == msgspec.to_builtins(beat)
    assert client_codec.decode_own(client_codec.encode(beat)) == beat
    header = client_side.CaptureHeader(capture_id="c0-0", nonce="0" * 32, camera="ab")
    there, picture = codec.decode_capture(client_codec.encode_capture(header, b"picture"))
    assert (msgspec.to_builtins(there), picture) == (msgspec.to_builtins(header), b"picture")


def test_what_the_service_encodes_the_client_decodes() -> None:
    seek = service_side.Seek(to_ms=5, reason="SEEK_FORWARD", message="back")
    decoded = client_codec.decode(codec.encode(seek))
    assert isinstance(decoded, client_side.Seek) and decoded.to_ms == 5


@pytest.mark.parametrize("data", ["", "{", '{"t": "unknown"}', '{"t": "seek", "to_ms": "5"}', b"\xff"])
def test_what_is_no_message_is_refused(data: str | bytes) -> None:
    with pytest.raises(ClientError) as caught:
        client_codec.decode(data)
    assert caught.value.code == "client.bad_message"


def test_an_unknown_field_of_a_newer_service_is_ignored() -> None:
    assert client_codec.decode('{"t":"resume","since":3}') == client_side.Resume()


def test_an_unknown_message_of_a_newer_service_is_told_from_a_broken_one() -> None:
    with pytest.raises(UnknownMessage):
        client_codec.decode('{"t":"later","since":3}')
    with pytest.raises(ClientError) as broken:
        client_codec.decode('{"t":"seek","to_ms":"5"}')
    assert not isinstance(broken.value, UnknownMessage)
