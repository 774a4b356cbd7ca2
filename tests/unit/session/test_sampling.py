"""Rules 2: only a drawn moment proves. The credit of each way around it, and the cost for honest people."""

from __future__ import annotations

from typing import Any

import pytest

from support.desk import good_face
from support.sampled import SAMPLED, Page, mean_beyond_ms, older
from zaichang.core.assessment import FaceFinding
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d

R = ReasonCode
TENTH_MS = 60_000
"""A tenth of the ten minutes that a session here has."""


class Alarm(Page):
    """Leaves after each round, and comes back on an alarm, or when an order comes."""

    away_ms = 20_000

    def begin(self) -> None:
        self.from_ms = self.back_ms = 0

    def here(self) -> bool:
        return not self.from_ms <= self.now_ms < self.back_ms

    def ordered(self, order: d.OrderCapture) -> None:
        self.back_ms = min(self.back_ms, self.now_ms + self.comes_ms)

    def decided(self) -> None:
        if self.active:
            self.from_ms, self.back_ms = self.now_ms, self.now_ms + self.away_ms


class LateAlarm(Alarm):
    away_ms = 40_000
    comes_ms = 20_000


class Pauser(Page):
    """Pauses every 13 seconds: each pause used to bring a round, and each round a new draw."""

    def begin(self) -> None:
        self.later(20_000, self.again)

    def again(self) -> None:
        self.pause(4_000)
        self.later(17_000, self.again)

    def here(self) -> bool:
        return not self.playing

    def says(self) -> dict[str, Any]:
        return super().says()


class StandsStill(Page):
    """Plays 13 seconds unseen, then sits there without any progress until a round has come."""

    def begin(self) -> None:
        self.from_ms = 0

    def here(self) -> bool:
        return not self.playing

    def decided(self) -> None:
        if self.active:
            self.playing = True
            self.later(13_000, self.stand)

    def stand(self) -> None:
        self.playing = False

    def says(self) -> dict[str, Any]:
        return {**super().says(), "playing": True}


class HoldsBack(Page):
    """Is called by the page at each order and takes ten seconds; the picture is kept until then."""

    comes_ms = 10_000

    def begin(self) -> None:
        self.until_ms = 0

    def here(self) -> bool:
        return not self.active or self.now_ms < self.until_ms

    def held_back_ms(self, order: d.OrderCapture) -> int:
        return 0 if self.here() else self.comes_ms

    def ordered(self, order: d.OrderCapture) -> None:
        if not self.here():
            self.later(self.comes_ms, self.come)

    def come(self) -> None:
        self.until_ms = self.now_ms + 5_000


class HoldsReports(HoldsBack):
    """The same, with so few reports that none comes while the picture is kept."""

    pace_ms = 15_000


class EmptyChairs(HoldsBack):
    """The same, but sends two empty chairs in the meantime, each nine seconds late."""

    comes_ms = 22_000

    def held_back_ms(self, order: d.OrderCapture) -> int:
        return 0 if self.here() else 9_000


class StandIn(Alarm):
    """Another person sits there in a mask, or with half a face, whenever the learner is away."""

    away_ms = 60_000
    comes_ms = 8_000
    mask = good_face(similarity_bp=800, quality_bp=500, reasons=(R.FACE_MASKED,))

    def face(self) -> FaceFinding | None:
        return good_face() if self.here() else self.mask


class Drops(Page):
    """Away most of the time; cuts the line at every order and comes back to the chair and the network together."""

    def begin(self) -> None:
        self.until_ms = 0

    def here(self) -> bool:
        return not self.active or self.now_ms < self.until_ms

    def ordered(self, order: d.OrderCapture) -> None:
        if not self.here():
            self.drop(10_000)
            self.until_ms = self.now_ms + 18_000


class Hides(Drops):
    def ordered(self, order: d.OrderCapture) -> None:
        if not self.here():
            self.hide(10_000)
            self.until_ms = self.now_ms + 18_000


@pytest.mark.parametrize("kind", [Alarm, LateAlarm, HoldsBack, HoldsReports, EmptyChairs, StandIn, Drops, Hides])
def test_being_away_earns_less_than_a_tenth(kind: type[Page]) -> None:
    assert mean_beyond_ms(kind) < TENTH_MS


@pytest.mark.parametrize("kind", [Pauser, StandsStill])
def test_a_round_that_the_page_brings_about_earns_nothing(kind: type[Page]) -> None:
    assert mean_beyond_ms(kind) < 30_000


@pytest.mark.parametrize("kind", [Alarm, HoldsReports, Pauser])
def test_the_rules_before_gave_all_this(kind: type[Page]) -> None:
    assert mean_beyond_ms(kind, older(SAMPLED), sessions=4) > 3 * TENTH_MS


class Honest(Page):
    pass


class FarAway(Page):
    rtt_ms = 2_000


class SlowPictures(Page):
    """A rural line: a picture takes eight seconds."""

    upload_ms = 8_000


class GetsUp(Page):
    """Pauses every two minutes and leaves at once for half a minute."""

    def begin(self) -> None:
        self.later(100_000, self.again)

    def again(self) -> None:
        self.pause(30_000)
        self.later(120_000, self.again)

    def here(self) -> bool:
        return self.wants


class TakesNotes(Page):
    """Looks down half of the time: recognised weakly, too far turned to pass."""

    def begin(self) -> None:
        self.looks_until_ms = 0

    def ordered(self, order: d.OrderCapture) -> None:
        if order.prompt is not None:
            self.looks_until_ms = self.now_ms + 15_000

    def face(self) -> FaceFinding | None:
        if self.now_ms // 30_000 % 2 and self.now_ms > self.looks_until_ms:
            return good_face(similarity_bp=3_200, reasons=(R.POSE_TOO_FAR,))
        return good_face()


class BendsDown(Page):
    """Out of the picture for three seconds of every minute."""

    def here(self) -> bool:
        return (self.now_ms - self.info.at_ms) % 60_000 < 57_000


@pytest.mark.parametrize("kind", [Honest, FarAway, SlowPictures, GetsUp, TakesNotes])
def test_honest_people_lose_nothing(kind: type[Page]) -> None:
    for seed in range(6):
        page = kind(seed=seed).run()
        assert page.final is not None
        assert page.fair_ms - page.got_ms <= 5_000, seed
        assert page.final.undecided_ms == 0, seed
