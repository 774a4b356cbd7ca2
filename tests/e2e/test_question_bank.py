"""A question bank from upload to answer: over HTTP and the real websocket, shuffled, wrong once, then right."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
import websockets

from support.served import served
from support.study import PICTURE, FixedVision
from zaichang.main.service import build
from zaichang.protocol import messages as m
from zaichang.protocol.codec import decode_server, encode, encode_capture
from zaichang.session.policy import Policy
from zaichang.session.schedule import client_commitment
from zaichang.settings import load_settings

POLICY = Policy(
    name="questions",
    proofs=("presence", "identity"),
    heartbeat_ms=1_000,
    challenge_kinds=("question",),
    challenge_mean_ms=10_000,
    challenge_min_gap_ms=5_000,
    challenge_max_gap_ms=10_000,
    reaction_min_ms=0,
)
BANK = {
    "questions": [
        {"id": f"q{n}", "text": f"第{n}题：选出第二项。", "options": [f"{n}甲", f"{n}乙", f"{n}丙"], "correct": 1}
        for n in range(30)
    ]
}
PATIENCE_S = 60


@pytest.mark.e2e
async def test_an_uploaded_question_is_asked_and_judged(tmp_path: Path) -> None:
    services = await build(
        load_settings(None, {"data": tmp_path, "log_flush_ms": 10, "log_hold_back": False}, {}), vision=FixedVision()
    )
    async with services:
        keys = await services.institutions.add("inst", "机构", "Institution")
        await services.lessons.add(
            "inst", "course", "lesson", title_zh="课", title_en="Lesson", duration_ms=600_000, policy=POLICY
        )
        await services.enrolling.from_photos("inst", "learner", [PICTURE])
        async with served(services) as base:
            headers = {"authorization": f"Bearer {keys.platform}"}
            async with httpx.AsyncClient(base_url=base, headers=headers) as client:
                put = await client.put("/v1/lessons/course/lesson/questions", json=BANK)
                assert put.json() == {"questions": 30}
                asked = {"learner": "learner", "course": "course", "lesson": "lesson"}
                token = (await client.post("/v1/launch", json=asked)).json()["token"]
            async with asyncio.timeout(PATIENCE_S):
                orders, results = await study(f"{base.replace('http', 'ws', 1)}/v1/session", token)
    [order] = orders
    assert order.kind == "question" and order.image == "" and order.audio == ""
    number = order.text.removeprefix("第").partition("题")[0]
    assert sorted(order.options) == sorted(f"{number}{name}" for name in "甲乙丙")
    assert [(each.accepted, each.closed) for each in results] == [(False, False), (True, True)]
    assert results[0].reason == "CHALLENGE_WRONG"


async def study(url: str, token: str) -> tuple[list[m.ChallengeOrder], list[m.ChallengeResult]]:
    orders: list[m.ChallengeOrder] = []
    results: list[m.ChallengeResult] = []
    playing, playhead_ms, pictures = False, 0, 0
    async with websockets.connect(url, compression=None) as wire:
        await wire.send(encode(m.Join(protocol=1, token=token, client_nonce_c=client_commitment("ab" * 16))))
        while len(results) < 2:
            message = decode_server(str(await wire.recv()))
            match message:
                case m.Joined() | m.Ack():
                    if isinstance(message, m.Joined):
                        await wire.send(encode(m.Reveal(client_nonce="ab" * 16)))
                    seq = message.seq + (1 if isinstance(message, m.Ack) else 0)
                    await asyncio.sleep(1)  # the heartbeat's own pace
                    playhead_ms += 1_000 if playing else 0
                    beat = m.Heartbeat(seq=seq, nonce=message.nonce, playhead_ms=playhead_ms, playing=playing)
                    await wire.send(encode(beat))
                case m.CaptureOrder():
                    pictures += 1
                    header = m.CaptureHeader(capture_id=message.capture_id, nonce=message.nonce, camera="cam")
                    await wire.send(encode_capture(header, PICTURE + str(pictures).encode()))
                case m.Resume():
                    playing = True
                case m.Pause():
                    playing = False
                case m.ChallengeOrder():
                    orders.append(message)
                    wrong = next(i for i, option in enumerate(message.options) if "乙" not in option)
                    await wire.send(encode(m.Answer(challenge_id=message.challenge_id, answer=str(wrong))))
                case m.ChallengeResult():
                    results.append(message)
                    right = next(i for i, option in enumerate(orders[0].options) if "乙" in option)
                    if len(results) == 1:
                        await wire.send(encode(m.Answer(challenge_id=message.challenge_id, answer=str(right))))
                case _:
                    pass
    return orders, results
