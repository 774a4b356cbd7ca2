"""Which bytes of a media file hold which part of the lesson: WebM by its clusters, anything else as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

Part = tuple[int, int, int, int]
"""``(first byte, byte after the last, start_ms, end_ms)``."""

_SEGMENT, _INFO, _SCALE = 0x18538067, 0x1549A966, 0x2AD7B1
_CLUSTER, _TIMESTAMP = 0x1F43B675, 0xE7
_SCALE_NS: Final = 1_000_000
"""Nanoseconds that one unit of time stands for, unless the file says otherwise (RFC 9559 section 5.1.2.9)."""


def media_parts(data: bytes, duration_ms: int) -> tuple[Part, ...]:
    """Return the parts of a file, in order; an indivisible file is one part.

    Args:
        data: The whole file.
        duration_ms: Length of the lesson; the last part ends there.
    """
    try:
        clusters = _clusters(data)
    except (IndexError, ValueError):
        clusters = []
    starts_ms = [start_ms for _, _, start_ms in clusters]
    if not clusters or starts_ms != sorted(set(starts_ms)) or starts_ms[-1] >= duration_ms:
        return ((0, len(data), 0, duration_ms),)
    ends_ms = [*starts_ms[1:], duration_ms]
    parts = [(first, last, start, end) for (first, last, start), end in zip(clusters, ends_ms, strict=True)]
    # The first one also covers the time before it: the first picture may be shown a little after 0.
    return ((parts[0][0], parts[0][1], 0, parts[0][3]), *parts[1:])


def _clusters(data: bytes) -> list[tuple[int, int, int]]:
    scale_ns, found = _SCALE_NS, []
    for segment, begin, end in _elements(data, 0, len(data)):
        if segment != _SEGMENT:
            continue
        for name, start, stop in _elements(data, begin, end):
            if name == _INFO:
                scale_ns = _number(data, _SCALE, start, stop) or _SCALE_NS
            elif name == _CLUSTER:
                units = _number(data, _TIMESTAMP, start, stop)
                if units is None:
                    raise ValueError("a cluster without a timestamp")
                found.append((start, stop, units * scale_ns // 1_000_000))
    return found


def _elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield ``(id, begin, end)`` of the elements of one level (RFC 8794)."""
    while at < end:
        name, at = _vint(data, at, keep_marker=True)
        first = at
        size, at = _vint(data, at, keep_marker=False)
        if size == (1 << 7 * (at - first)) - 1:
            if name != _SEGMENT:
                raise ValueError("an element of unknown size")
            size = end - at
        yield name, at, min(end, at + size)
        at += size


def _number(data: bytes, wanted: int, at: int, end: int) -> int | None:
    for name, begin, stop in _elements(data, at, end):
        if name == wanted:
            return int.from_bytes(data[begin:stop], "big")
    return None


def _vint(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    length = 9 - data[at].bit_length()
    if length > 8 or at + length > len(data):
        raise ValueError("not EBML")
    value = int.from_bytes(data[at : at + length], "big")
    return value if keep_marker else value - (1 << 7 * length), at + length
