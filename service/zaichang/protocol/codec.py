"""Bytes to messages and back, with every limit checked first."""

from __future__ import annotations

import struct
from typing import TypeVar

import msgspec

from zaichang.core.errors import PeerViolation
from zaichang.protocol.limits import CAPTURE_HEADER_MAX_BYTES, CAPTURE_MAX_BYTES, TEXT_MAX_BYTES
from zaichang.protocol.messages import CaptureHeader, ClientMessage, ServerMessage

_client_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_server_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_header_decoder = msgspec.json.Decoder(CaptureHeader)
_encoder = msgspec.json.Encoder()
_LENGTH = struct.Struct(">I")
_M = TypeVar("_M")


def _decode(decoder: msgspec.json.Decoder[_M], data: str | bytes) -> _M:
    if len(data) > TEXT_MAX_BYTES:
        raise PeerViolation("wire.too_large", f"A message may have {TEXT_MAX_BYTES} bytes, this one has {len(data)}.")
    try:
        raw = data.encode() if isinstance(data, str) else data
        if len(raw) > TEXT_MAX_BYTES:
            raise PeerViolation(
                "wire.too_large", f"A message may have {TEXT_MAX_BYTES} bytes, this one has {len(raw)}."
            )
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        code = "wire.unknown_type" if "Invalid value" in str(error) and "$.t" in str(error) else "wire.invalid"
        raise PeerViolation(code, f"The message does not fit protocol 1: {error}.", "See docs/protocol.md.") from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise PeerViolation("wire.not_json", f"The message is not JSON: {error}.") from None


def decode_client(data: str | bytes) -> ClientMessage:
    """Decode a client's text frame.

    Raises:
        PeerViolation: ``wire.too_large``, ``wire.not_json``, ``wire.unknown_type`` or ``wire.invalid``.
    """
    return _decode(_client_decoder, data)


def decode_server(data: str | bytes) -> ServerMessage:
    """Decode a server's text frame (for clients written in Python)."""
    return _decode(_server_decoder, data)


def encode(message: ClientMessage | ServerMessage) -> str:
    """Return the message as JSON text."""
    return _encoder.encode(message).decode()


def decode_capture(data: bytes) -> tuple[CaptureHeader, bytes]:
    """Split a binary frame into its header and the picture's bytes.

    Raises:
        PeerViolation: ``wire.capture_short``, ``wire.capture_header``, ``wire.capture_empty`` or ``wire.too_large``.
    """
    if len(data) < _LENGTH.size:
        raise PeerViolation("wire.capture_short", f"A binary frame starts with a 4-byte length, got {len(data)} bytes.")
    (header_bytes,) = _LENGTH.unpack_from(data)
    if header_bytes > CAPTURE_HEADER_MAX_BYTES or header_bytes > len(data) - _LENGTH.size:
        raise PeerViolation(
            "wire.capture_header", f"The capture header's length {header_bytes} is over the limit or the frame's end."
        )
    picture = data[_LENGTH.size + header_bytes :]
    if not picture:
        raise PeerViolation("wire.capture_empty", "The capture holds no picture (0 bytes).")
    if len(picture) > CAPTURE_MAX_BYTES:
        raise PeerViolation(
            "wire.too_large", f"A picture may have {CAPTURE_MAX_BYTES} bytes, this one has {len(picture)}."
        )
    try:
        header = _header_decoder.decode(data[_LENGTH.size : _LENGTH.size + header_bytes])
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise PeerViolation("wire.capture_header", f"The capture header does not fit protocol 1: {error}.") from None
    return header, picture


def encode_capture(header: CaptureHeader, picture: bytes) -> bytes:
    """Build the binary frame (for clients written in Python)."""
    head = _encoder.encode(header)
    return _LENGTH.pack(len(head)) + head + picture
