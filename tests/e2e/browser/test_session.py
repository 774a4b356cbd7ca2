"""The SDK in a real browser against a scripted service: its messages, and its response to orders."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from zaichang.protocol.messages import (
    Answer,
    CaptureUnavailableMessage,
    ChallengeOrder,
    ChallengeResult,
    Closed,
    Finish,
    Heartbeat,
    Join,
    MinuteSealed,
    Pause,
    Resume,
    Seek,
)

from .conftest import Launch, Open, Tab
from .scripted import Picture, Scripted

pytestmark = pytest.mark.e2e


def counted(scripted: Scripted, tab: Open, **options: object) -> Tab:
    """Open a player, press play, and let the service release it."""
    one: Tab = tab(scripted.player_page(), **options)
    scripted.wait(Join)
    one.play()
    scripted.count_from_now()
    scripted.wait(Heartbeat, lambda beat: beat.playing and beat.playhead_ms > 500)
    return one


def test_a_session_from_join_to_close(scripted: Scripted, tab: Open) -> None:
    scripted.counting = False  # an acknowledgement that counts would release the player before the proof
    one = tab(scripted.player_page())
    join = scripted.wait(Join)
    assert (join.token, join.locale, join.resume) == ("t1", "en", "")
    one.play()
    one.event("held", "event.hold === 'proof'")
    one.until("document.querySelector('video').paused")
    scripted.order_capture()
    picture = scripted.wait(Picture)
    scripted.counting = True
    scripted.count_from_now()
    one.until("!document.querySelector('video').paused")
    beat = scripted.wait(Heartbeat, lambda beat: beat.playing and beat.playhead_ms > 1_500)
    assert beat.visible and beat.focused and not beat.stalled and beat.rate_bp == 10_000
    one.until("window.session.status.counting")

    image = Image.open(io.BytesIO(picture.jpeg))
    assert (image.format, image.size) == ("JPEG", (480, 360))
    assert picture.header.nonce == f"{1:032x}"
    assert len(picture.header.camera) == 32 and not picture.header.virtual_camera
    low, high = image.convert("L").getextrema()
    assert high - low > 100, "the picture shows something"

    scripted.say(MinuteSealed(index=0, verdict="V", verified_ms=60_000))
    one.event("minute")
    one.page.evaluate("void window.session.finish()")
    scripted.wait(Finish)
    scripted.say(
        Closed(reason="SESSION_FINISHED", message="The session has ended.", verified_ms=60_000, undecided_ms=0)
    )
    one.event("closed")
    one.until("window.session.status.hold === 'ended' && window.session.cameraStream === null")
    assert one.complaints == []
    assert {address.split("/")[2] for address in one.requests if address.startswith("http")} == {
        f"127.0.0.1:{scripted.port}"
    }, "nothing is asked of anybody else"


def test_orders_move_the_player(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    scripted.say(Pause(reason="NO_FACE", message="No face was seen."))
    one.until("document.querySelector('video').paused")
    scripted.wait(Heartbeat, lambda beat: not beat.playing)
    one.play()
    one.until("document.querySelector('video').paused")
    scripted.say(Resume())
    scripted.wait(Heartbeat, lambda beat: beat.playing)
    one.page.evaluate("document.querySelector('video').playbackRate = 2")
    scripted.wait(Heartbeat, lambda beat: beat.rate_bp == 20_000)
    scripted.say(Seek(to_ms=250, reason="RATE_TOO_FAST", message="Too fast."))
    beat = scripted.wait(Heartbeat, lambda beat: beat.rate_bp == 10_000)
    assert beat.playhead_ms < 2_000


def test_skipping_ahead_is_set_back_at_once(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    one.page.evaluate("document.querySelector('video').currentTime = 90")
    one.event("set-back", "event.reason === 'SEEK_FORWARD'")
    one.until("document.querySelector('video').currentTime < 20")


def test_a_challenge_is_answered_by_keyboard(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    scripted.say(
        ChallengeOrder(
            challenge_id="q1",
            kind="confirm",
            within_ms=60_000,
            options=("later", "here", "away"),
            labels=("Ask me later", "I am studying", "I am away"),
            variant=2,
        )
    )
    one.page.get_by_role("button", name="I am studying", disabled=False).focus()
    one.page.keyboard.press("Enter")
    assert scripted.wait(Answer) == Answer(challenge_id="q1", answer="here")
    scripted.say(ChallengeResult(challenge_id="q1", accepted=True, closed=True))
    one.page.get_by_role("alertdialog").wait_for(state="detached")


def test_no_camera_is_told_and_said_to_the_learner(scripted: Scripted, tab: Open, launch: Launch) -> None:
    browser = launch("--use-fake-ui-for-media-stream=deny", "--use-fake-device-for-media-stream")
    one = tab(scripted.player_page(), on=browser)
    scripted.wait(Join)
    one.event("error", "event.error.code === 'camera.denied'")
    scripted.order_capture()
    assert scripted.wait(CaptureUnavailableMessage).cause == "denied"
    one.page.get_by_text("The camera is not allowed").wait_for()
    assert one.page.get_by_role("button", name="Try the camera again").is_visible()


def test_reload_resumes_the_session_where_it_was(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    scripted.wait(Heartbeat, lambda beat: beat.playhead_ms > 3_000)
    scripted.joined_with = {"frontier_ms": 60_000}
    one.page.reload()
    join = scripted.wait(Join)
    assert join.resume == "s1"
    beat = scripted.wait(Heartbeat, lambda beat: beat.playing)
    assert beat.playhead_ms > 2_000


def test_destroy_leaves_nothing_behind(scripted: Scripted, tab: Open) -> None:
    one = counted(scripted, tab)
    before = one.page.evaluate("document.querySelectorAll('*').length")
    one.page.evaluate(
        """() => { window.stream = window.session.cameraStream; window.track = stream.getVideoTracks()[0];
        window.session.destroy(); }"""
    )
    one.until("window.track.readyState === 'ended'")
    left = one.page.evaluate("[...document.querySelectorAll('[data-zaichang]')].length")
    assert left == 0
    assert one.page.evaluate("document.querySelectorAll('*').length") < before
    assert len(one.page.workers) == 0
