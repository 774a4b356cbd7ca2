"""The whole service: a ``zaichang serve`` process, real models, a generated face, and a hostile client."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import httpx
import pytest
import websockets
from PIL import Image

from support.process import Page, prepare, serving
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.reasons import ReasonCode
from zaichang.protocol import messages as m
from zaichang.protocol.codec import decode_server, encode, encode_capture
from zaichang.protocol.limits import CAPTURE_MAX_BYTES
from zaichang.session.codec import decode_event
from zaichang.session.events import CaptureAssessed
from zaichang.session.schedule import client_commitment

pytestmark = pytest.mark.e2e


def fifty_megapixels() -> bytes:
    stream = io.BytesIO()
    Image.new("1", (10_000, 5_000)).save(stream, "PNG")
    assert len(stream.getvalue()) < CAPTURE_MAX_BYTES
    return stream.getvalue()


def small_jpeg() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (480, 360), (90, 120, 150)).save(stream, "JPEG")
    return stream.getvalue()


BAD_PICTURES = {
    "broken": b"\xff\xd8\xff" + b"\x00" * 500,
    "truncated": small_jpeg()[:-400],
    "no picture": b"hello",
    "50 megapixels": fifty_megapixels(),
}


async def test_bad_pictures_never_pass_and_the_session_is_verified_in_the_end(tmp_path: Path) -> None:
    launch = await prepare(tmp_path)
    bad = list(BAD_PICTURES.values())
    page = Page(launch)
    async with serving(tmp_path) as server:
        async with websockets.connect(server.url, compression=None) as socket:
            await socket.send(encode(m.Join(protocol=1, token=launch, client_nonce_c=client_commitment("ab" * 16))))
            while bad:
                message = decode_server(await asyncio.wait_for(socket.recv(), 30))
                if isinstance(message, m.Joined):
                    page.session_id = message.session_id
                    await socket.send(encode(m.Reveal(client_nonce="ab" * 16)))
                if isinstance(message, m.CaptureOrder):
                    header = m.CaptureHeader(capture_id=message.capture_id, nonce=message.nonce, camera="cam")
                    await socket.send(encode_capture(header, bad.pop(0)))
                assert not isinstance(message, m.Resume)
            await asyncio.sleep(0)
        done = asyncio.Event()
        studying = asyncio.create_task(page.study(server.url, done))
        async with asyncio.timeout(60):
            while not any(ack.counting and ack.pending_ms > 3_000 for ack in page.acknowledged):
                await asyncio.sleep(0.05)
        done.set()
        await studying
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{server.port}/healthz")).json()["ok"] is True
    assert page.closed is not None and page.closed.verified_ms > 2_000
    store = SqliteStore(DataFolder(tmp_path), read_only=True)
    try:
        events = [decode_event(parse_canonical_object(body)) for body in await store.events(page.session_id)]
    finally:
        store.close()
    reasons = [event.assessment.reasons for event in events if isinstance(event, CaptureAssessed)]
    unreadable, too_large = (ReasonCode.FRAME_UNREADABLE,), (ReasonCode.FRAME_TOO_LARGE,)
    assert reasons[: len(BAD_PICTURES)].count(too_large) == 1
    assert reasons[: len(BAD_PICTURES)].count(unreadable) >= 2


async def test_a_frame_over_the_limit_ends_that_connection_only(tmp_path: Path) -> None:
    launch = await prepare(tmp_path)
    async with serving(tmp_path) as server:
        async with websockets.connect(server.url, compression=None) as socket:
            await socket.send(encode(m.Join(protocol=1, token=launch, client_nonce_c=client_commitment("ab" * 16))))
            joined = decode_server(await socket.recv())
            assert isinstance(joined, m.Joined)
            await socket.send(b"\x00" * 1_000_000)
            with pytest.raises(websockets.ConnectionClosed) as caught:
                while True:
                    await asyncio.wait_for(socket.recv(), 30)
            assert caught.value.rcvd is not None and caught.value.rcvd.code == 1009
        async with websockets.connect(server.url, compression=None) as socket:
            again = m.Join(
                protocol=1, token=launch, client_nonce_c=client_commitment("ab" * 16), resume=joined.session_id
            )
            await socket.send(encode(again))
            resumed = decode_server(await asyncio.wait_for(socket.recv(), 30))
            assert isinstance(resumed, m.Joined) and resumed.resumed
            stopping = asyncio.create_task(server.stop())
            with pytest.raises(websockets.ConnectionClosed) as caught:
                while True:
                    await asyncio.wait_for(socket.recv(), 30)
            assert caught.value.rcvd is not None and caught.value.rcvd.code == 1012
        assert await stopping == 0


async def test_a_page_of_another_site_is_not_let_in(tmp_path: Path) -> None:
    await prepare(tmp_path)
    async with serving(tmp_path) as server:
        async with websockets.connect(server.url, origin="https://evil.example") as page:  # type: ignore[arg-type]
            told = json.loads(await page.recv())
            assert (told["t"], told["code"], told["fatal"]) == ("error", "origin.not_allowed", True)
            with pytest.raises(websockets.ConnectionClosed):
                await page.recv()
