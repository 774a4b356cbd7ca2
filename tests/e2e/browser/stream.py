"""HTTP live streaming from this process: playlists by the wall clock, and segments of silence made here byte by byte.

The sound is Opus in fragmented MP4, one and the same 3-byte packet of silence every 20 ms: no encoder is needed, and
every browser with Media Source Extensions plays it. The timestamps of a segment begin anew after a discontinuity.
"""

from __future__ import annotations

import struct
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEGMENT_MS = 1_000
PATIENCE_S = 40.0
_RATE_HZ, _PACKET_TICKS, _SILENCE = 48_000, 960, b"\xf8\xff\xfe"
_PACKETS = SEGMENT_MS * _RATE_HZ // 1_000 // _PACKET_TICKS
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def box(kind: str, *parts: bytes) -> bytes:
    """Return an ISO BMFF box."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind.encode()) + body


def full(kind: str, version: int, flags: int, *parts: bytes) -> bytes:
    """Return a box with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def init_segment() -> bytes:
    """Return the header that every segment needs: one mono track of Opus."""
    opus = struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, _RATE_HZ << 16)
    opus += box("dOps", struct.pack(">BBHIhB", 0, 1, 0, _RATE_HZ, 0, 0))
    table = box(
        "stbl",
        full("stsd", 0, 0, struct.pack(">I", 1), box("Opus", opus)),
        full("stts", 0, 0, bytes(4)),
        full("stsc", 0, 0, bytes(4)),
        full("stsz", 0, 0, bytes(8)),
        full("stco", 0, 0, bytes(4)),
    )
    place = box("dinf", full("dref", 0, 0, struct.pack(">I", 1), full("url ", 0, 1)))
    media = box(
        "mdia",
        full("mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, _RATE_HZ, 0, 0x55C4, 0)),
        full("hdlr", 0, 0, struct.pack(">I4s12x", 0, b"soun"), b"sound\0"),
        box("minf", full("smhd", 0, 0, bytes(4)), place, table),
    )
    header = struct.pack(">IIIIIH10x", 0, 0, _RATE_HZ, 0, 0x10000, 0x100) + _MATRIX + bytes(24) + struct.pack(">I", 2)
    track = struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, 0, 0, 0, 0x100, 0) + _MATRIX + bytes(8)
    extends = box("mvex", full("trex", 0, 0, struct.pack(">IIIII", 1, 1, _PACKET_TICKS, len(_SILENCE), 0)))
    movie = box("moov", full("mvhd", 0, 0, header), box("trak", full("tkhd", 0, 7, track), media), extends)
    return box("ftyp", b"iso5", bytes(4), b"iso5iso6mp41") + movie


def media_segment(number: int, from_ms: int) -> bytes:
    """Return a segment of silence whose timestamps begin at ``from_ms``."""

    def head(data_offset: int) -> bytes:
        track = box(
            "traf",
            full("tfhd", 0, 0x020000, struct.pack(">I", 1)),  # offsets count from this very box
            full("tfdt", 1, 0, struct.pack(">Q", from_ms * _RATE_HZ // 1_000)),
            full("trun", 0, 1, struct.pack(">Ii", _PACKETS, data_offset)),
        )
        return box("moof", full("mfhd", 0, 0, struct.pack(">I", number + 1)), track)

    return head(len(head(0)) + 8) + box("mdat", _SILENCE * _PACKETS)


class Stream:
    """A server of one stream. Segment ``n`` holds the n-th second; from each of ``breaks`` on timestamps begin anew."""

    def __init__(self, breaks: tuple[int, ...] = ()) -> None:
        self.breaks = breaks
        self._segments_free, self._free = threading.Event(), threading.Event()
        self.deliver()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}/list.m3u8"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.deliver()
        self._server.shutdown()
        self._server.server_close()

    def withhold(self, *, playlists: bool = False) -> None:
        """Let requests for segments wait, or all."""
        self._segments_free.clear()
        if playlists:
            self._free.clear()

    def deliver(self) -> None:
        self._free.set()
        self._segments_free.set()

    def playlist(self) -> str:
        raise NotImplementedError

    def listed(self, numbers: range) -> list[str]:
        """Return the playlist's lines for these segments."""
        lines = []
        for number in numbers:
            if number in self.breaks and number > numbers.start:
                lines.append("#EXT-X-DISCONTINUITY")
            lines += [*self.dated(number), f"#EXTINF:{SEGMENT_MS / 1_000},", f"{number}.m4s"]
        return lines

    def dated(self, number: int) -> list[str]:
        return []

    def _part_ms(self, number: int) -> int:
        """Return where in its part, from one discontinuity to the next, a segment lies."""
        return (number - max(start for start in (0, *self.breaks) if start <= number)) * SEGMENT_MS

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.removeprefix("/").split("?")[0]
                stream._free.wait(PATIENCE_S)
                if name == "list.m3u8":
                    return self._send("application/vnd.apple.mpegurl", stream.playlist().encode())
                if name == "init.mp4":
                    return self._send("audio/mp4", init_segment())
                stream._segments_free.wait(PATIENCE_S)
                number = int(name.removesuffix(".m4s"))
                return self._send("audio/mp4", media_segment(number, stream._part_ms(number)))

            def _send(self, kind: str, body: bytes) -> None:
                try:
                    self.send_response(200)
                    for header in (("Access-Control-Allow-Origin", "*"), ("Cache-Control", "no-store")):
                        self.send_header(*header)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    return  # the player gave the request up

            def log_message(self, *_: object) -> None:
                return

        return Handler


_HEAD = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{SEGMENT_MS // 1_000}"]
_MAP = '#EXT-X-MAP:URI="init.mp4"'


class Recording(Stream):
    """A whole lesson of ``seconds``."""

    def __init__(self, seconds: int, breaks: tuple[int, ...] = ()) -> None:
        self._seconds = seconds
        super().__init__(breaks)

    def playlist(self) -> str:
        return "\n".join(
            [*_HEAD, "#EXT-X-PLAYLIST-TYPE:VOD", _MAP, *self.listed(range(self._seconds)), "#EXT-X-ENDLIST"]
        )


class Broadcast(Stream):
    """The broadcast now, for players that come within ``window_s``; segment 0 began ``window_s`` before it was made.

    ``ahead_ms`` is how far the broadcaster's clock is ahead of ours; where it is negative, the broadcast comes late.
    """

    def __init__(self, window_s: int, *, ahead_ms: int = 0) -> None:
        self._from_ms = int(time.time() * 1_000) - window_s * SEGMENT_MS
        self._window, self._ahead_ms, self._lost_ms = window_s, ahead_ms, 0
        self._end = 0
        super().__init__()

    def end(self) -> None:
        """End the broadcast after the sent segments."""
        self._end = self._sent()

    def begin_anew(self, lost_ms: int) -> None:
        """Let the encoder restart: its timestamps begin at 0, and so much of the day is missing."""
        self._lost_ms = lost_ms
        self.breaks = (self._sent() + 1,)

    def dated(self, number: int) -> list[str]:
        lost_ms = self._lost_ms * sum(start <= number for start in self.breaks)
        at = datetime.fromtimestamp((self._from_ms + number * SEGMENT_MS + self._ahead_ms + lost_ms) / 1_000, UTC)
        return [f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat(timespec='milliseconds')}"]

    def playlist(self) -> str:
        end = self._end or self._sent()
        numbers = range(max(0, end - self._window), end)
        passed = sum(start <= numbers.start for start in self.breaks)
        marks = [f"#EXT-X-MEDIA-SEQUENCE:{numbers.start}", f"#EXT-X-DISCONTINUITY-SEQUENCE:{passed}"]
        ended = ["#EXT-X-ENDLIST"] if self._end else []
        return "\n".join([*_HEAD, *marks, _MAP, *self.listed(numbers), *ended])

    def _sent(self) -> int:
        return (int(time.time() * 1_000) - self._from_ms) // SEGMENT_MS
