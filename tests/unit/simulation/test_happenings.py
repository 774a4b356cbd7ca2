import asyncio

import msgspec
import pytest

from zaichang_client.protocol import messages as m
from zaichang_simulation.happenings import QUIET_PROMPTED_S, QUIET_S, Happenings, events_of
from zaichang_simulation.loop import run_virtual

PLAIN = m.CaptureOrder(capture_id="c0-0", nonce="0", within_ms=1, width_px=480, quality_pct=80)
PROMPTED = m.CaptureOrder(capture_id="c0-1", nonce="0", within_ms=1, width_px=480, quality_pct=80, prompt="NO_FACE")


def test_messages_have_their_events() -> None:
    assert events_of(PLAIN) == ("capture",)
    assert events_of(PROMPTED) == ("capture", "prompt")
    assert "challenge" in events_of(m.ChallengeOrder(challenge_id="q0", kind="confirm", within_ms=1))
    assert events_of(m.Pause(reason="NO_FACE", message="")) == ("pause",)
    assert events_of(m.Resume()) == ("resume",)
    refused = m.ChallengeResult(challenge_id="q0", accepted=False, closed=False, reason="LIVENESS_NO_RESPONSE")
    assert events_of(refused) == ("refused",)
    assert events_of(msgspec.structs.replace(refused, closed=True)) == ()
    assert events_of(msgspec.structs.replace(refused, accepted=True, closed=True)) == ()
    assert events_of(m.Closed(reason="SESSION_FINISHED", message="", verified_ms=0, undecided_ms=0)) == ()


@pytest.mark.parametrize(("last", "wait_s"), [(PLAIN, QUIET_S), (PROMPTED, QUIET_PROMPTED_S)])
def test_a_round_is_over_when_no_further_picture_is_ordered(last: m.CaptureOrder, wait_s: float) -> None:
    async def told() -> tuple[list[str], list[str]]:
        seen: list[str] = []
        happenings = Happenings(seen.append)
        happenings.observe(PLAIN)
        await asyncio.sleep(1.2)
        happenings.observe(last)
        await asyncio.sleep(wait_s - 0.1)
        before = list(seen)
        await asyncio.sleep(0.2)
        return before, seen

    before, after = run_virtual(told())
    assert "round_over" not in before
    assert after.count("round_over") == 1


def test_a_closed_page_sees_nothing_more() -> None:
    async def told() -> list[str]:
        seen: list[str] = []
        happenings = Happenings(seen.append)
        happenings.observe(PLAIN)
        happenings.stop()
        await asyncio.sleep(10)
        return seen

    assert run_virtual(told()) == ["capture"]


def test_the_player_begins_to_run_and_is_stopped_by_its_learner() -> None:
    seen: list[str] = []
    happenings = Happenings(seen.append)
    happenings.player(running=True, wanted=True)
    happenings.player(running=True, wanted=True)
    happenings.player(running=False, wanted=True)  # the service's pause
    happenings.player(running=True, wanted=True)
    happenings.player(running=False, wanted=False)
    assert seen == ["play", "play", "stop"]
