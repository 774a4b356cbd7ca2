"""Events are plain, frozen, dated."""

from __future__ import annotations

import dataclasses

from zaichang.session import events as e


def test_every_event_is_dated_and_cannot_be_changed() -> None:
    for kind in e.Event.__args__:
        assert "at_ms" in {spec.name for spec in dataclasses.fields(kind)}
        assert kind.__dataclass_params__.frozen, kind


def test_the_clients_claims_default_to_the_harmless() -> None:
    beat = e.HeartbeatReceived(at_ms=0, seq=1, nonce="", playhead_ms=0, playing=False)
    assert (beat.rate_bp, beat.stalled, beat.ended, beat.visible, beat.focused) == (10_000, False, False, True, True)
    capture = e.CaptureReceived(at_ms=0, capture_id="", nonce="")
    assert (capture.camera, capture.virtual_camera) == ("", False)
