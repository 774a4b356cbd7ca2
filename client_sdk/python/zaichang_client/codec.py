"""The codec of protocol 1 (docs/protocol.md); the messages are in ``zaichang_client.protocol``."""

from __future__ import annotations

import struct
from typing import TypeVar

import msgspec

from zaichang_client.errors import ClientError, UnknownMessage
from zaichang_client.protocol.messages import CaptureHeader, ClientMessage, ServerMessage

_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_client_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_encoder = msgspec.json.Encoder()
_LENGTH = struct.Struct(">I")
_M = TypeVar("_M")


def decode(data: str | bytes) -> ServerMessage:
    """Decode a server's text frame.

    Raises:
        ClientError: ``client.bad_message``; ``UnknownMessage`` where only the type is unknown.
    """
    return _decode(_decoder, data)


def decode_own(data: str | bytes) -> ClientMessage:
    """Decode a client's text frame (for tools that sit between client and server).

    Raises:
        ClientError: ``client.bad_message``.
    """
    return _decode(_client_decoder, data)


def _decode(decoder: msgspec.json.Decoder[_M], data: str | bytes) -> _M:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        unknown = isinstance(error, msgspec.ValidationError) and "Invalid value" in str(error) and "$.t" in str(error)
        refusal = UnknownMessage if unknown else ClientError
        raise refusal("client.bad_message", f"This is no message of protocol 1: {error}.") from None


def encode(message: ClientMessage) -> str:
    """Return the message as JSON text."""
    return _encoder.encode(message).decode()


def encode_capture(header: CaptureHeader, picture: bytes) -> bytes:
    """Return the binary frame of a picture: header length (4 bytes, big-endian), JSON header, picture.

    Args:
        header: The header.
        picture: The encoded picture.
    """
    head = _encoder.encode(header)
    return _LENGTH.pack(len(head)) + head + picture
