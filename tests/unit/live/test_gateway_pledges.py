"""Pledged frames at the gateway: asked for in ``joined``, taken with a report, ordered by their hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support.study import PICTURE, POLICY, ManualClock, Student, service, token
from zaichang.live.capture_desk import announced
from zaichang.live.orders import message_for
from zaichang.protocol import messages as m
from zaichang.session.codec import decode_event
from zaichang.session.decisions import OrderCapture
from zaichang.session.events import HeartbeatReceived
from zaichang.session.values import Round

RULES = replace(POLICY, schema=5, capture_min_gap_ms=3_000, capture_mean_ms=8_000, capture_max_gap_ms=20_000)
SHA = hashlib.sha256(PICTURE).hexdigest()


@pytest.mark.parametrize(
    ("route", "changes", "frames_ms"),
    [("face", {}, 2_500), ("face", {"frames_pledged": 0}, 0), ("challenge", {}, 0), ("face", {"schema": 4}, 0)],
)
async def test_a_player_is_told_how_often_to_take_a_frame(
    tmp_path: Path, route: str, changes: dict[str, Any], frames_ms: int
) -> None:
    async with service(tmp_path, clock=ManualClock(), policy=replace(RULES, **changes)) as services:
        student = Student(services, ManualClock())
        joined = await student.join(await token(services, route=route))
        assert joined.frames_ms == frames_ms
        await student.leave()


@pytest.mark.parametrize(("schema", "kept"), [(5, (SHA,)), (4, None)])
async def test_the_frames_of_a_report_are_stored_where_the_rules_know_them(
    tmp_path: Path, schema: int, kept: tuple[str, ...] | None
) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=replace(RULES, schema=schema)) as services:
        student = Student(services, clock)
        await student.join(await token(services))
        student.beat(playing=False, frames=(SHA,))
        await student.expect(m.Ack)
        stored = [decode_event(json.loads(each)) for each in await services.store.events(student.session_id)]
        beats = [event for event in stored if isinstance(event, HeartbeatReceived)]
        assert [beat.frames for beat in beats] == [kept]
        await student.leave()


def test_the_order_names_the_frame() -> None:
    order = OrderCapture(capture_id="c1-1", nonce="n", deadline_ms=9_000, identity=True, prompt=None, frame=SHA)
    said = message_for(order, now_ms=1_000, anchored_ms=0, locale="en", link_ms=0)
    assert isinstance(said, m.CaptureOrder)
    assert (said.frame, said.announce) == (SHA, False)
    plain = message_for(replace(order, frame=None), now_ms=1_000, anchored_ms=0, locale="en", link_ms=0)
    assert isinstance(plain, m.CaptureOrder) and plain.frame == ""


@pytest.mark.parametrize(
    ("waiting", "found"),
    [
        (Round(number=1, capture_id="c1-1", frame=SHA), SHA),
        (Round(number=1, capture_id="c1-1", digest="ab" * 32), SHA),
        (Round(number=1, capture_id="c1-1"), None),
        (Round(number=1, capture_id="c1-2", frame=SHA), None),
        (None, None),
    ],
)
def test_the_hash_of_a_picture_is_noted_where_one_was_announced_or_pledged(
    waiting: Round | None, found: str | None
) -> None:
    state: Any = SimpleNamespace(proofs=SimpleNamespace(round=waiting))
    assert announced(state, "c1-1", PICTURE) == found
