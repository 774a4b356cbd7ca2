"""One liveness try against a person made of meshes: orders, judgement, guidance and the kept record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest

from support.heads import head, seen
from zaichang.biometric.frame_geometry import Geometry, not_seen
from zaichang.core.assessment import FaceFinding, FrameAssessment, not_analysed
from zaichang.core.frames import Frame, PhotoResult
from zaichang.core.reasons import ReasonCode
from zaichang.live.liveness_frames import Intake, Look
from zaichang.live.liveness_trial import LivenessTry
from zaichang.protocol.limits import LIVENESS_FRAME_MAX_BYTES
from zaichang.protocol.messages import CaptureHeader, LivenessStepOrder
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import LivenessAssessed
from zaichang.session.policy import Policy
from zaichang_simulation.loop import run_virtual

TURNS = {"turn_left": (28, 0), "turn_right": (-28, 0), "look_up": (0, 22), "look_down": (0, -22)}

POLICY = Policy()
COLOURS = ("#ff2020", "#2020ff", "#20ff20", "#20ffff", "#ff20ff", "#ffff20") * 3


class Meshes:
    """Vision that reads a frame's bytes as ``yaw pitch eyes mouth flat who noise light``; ``-`` is an empty chair."""

    def __init__(self, *, works: bool = True, similarity_bp: dict[str, int] | None = None) -> None:
        self.works = works
        self.similarity_bp = similarity_bp or {"me": 8000, "helper": 1200}
        self.asked: list[bytes] = []

    async def geometry(self, frame: bytes, deadline_ms_from_now: int) -> Geometry:
        if not self.works:
            return not_seen()
        if frame == b"-":
            return Geometry(reasons=(ReasonCode.NO_FACE,), models="m")
        yaw, pitch, eyes, mouth, flat, _, noise, light = frame.decode().split()
        mesh = seen(head(float(eyes), float(mouth)), float(yaw), float(pitch), flat == "flat", int(noise))
        red, green, blue = bytes.fromhex(light[1:])
        face = (120 + red / 9, 100 + green / 9, 90 + blue / 9)
        return Geometry(mesh=mesh, face_rgb=face, room_rgb=(110.0, 110.0, 110.0), models="m")

    async def analyse(self, frames: Sequence[Frame]) -> list[FrameAssessment]:
        if not self.works:
            return [not_analysed() for _ in frames]
        self.asked += [frame.data for frame in frames]
        assert all(frame.want.identity and frame.want.liveness for frame in frames)
        return [
            FrameAssessment(
                width_px=480,
                height_px=360,
                faces=(
                    FaceFinding(
                        box_px=(0, 0, 9, 9),
                        score_bp=9000,
                        pad_bp=7000,
                        similarity_bp=self.similarity_bp[frame.data.decode().split()[5]],
                    ),
                ),
            )
            for frame in frames
        ]

    async def enrol(self, image: bytes) -> PhotoResult:
        raise NotImplementedError

    embedder_id = ""

    def capacity(self) -> int:
        return 1

    async def close(self) -> None:
        pass


@dataclass
class Person:
    """Does ``does`` when an action is ordered: an action's name, or the ordered one for ``obeys``."""

    does: str = "obeys"
    delay_ms: int = 700
    flat: bool = False
    who: str = "me"
    helper_moves: bool = False
    there: bool = True
    old_nonce: bool = False
    size: int = 0
    steps: list[LivenessStepOrder] = field(default_factory=list)
    shown_ms: int = 0
    count: int = 0

    def show(self, step: LivenessStepOrder, now_ms: int) -> None:
        self.steps.append(step)
        self.shown_ms = now_ms

    def frame(self, now_ms: int) -> tuple[CaptureHeader, bytes]:
        step = self.steps[-1]
        self.count += 1
        action = "" if step.action == "hold" else (step.action if self.does == "obeys" else self.does)
        extent = min(1.0, max(0.0, (now_ms - self.shown_ms - self.delay_ms) / 500))
        yaw, pitch = (extent * angle for angle in TURNS.get(action, (0, 0)))
        eyes, mouth = 1 - extent * (action == "blink"), extent * (action == "open_mouth")
        who = "helper" if self.helper_moves and self.count > 12 else self.who
        flat = "flat" if self.flat else "solid"
        lit = (step.colour if self.does == "obeys" else COLOURS[self.count % 5]) if step.colour else "#000000"
        data = f"{yaw} {pitch} {max(eyes, 0.1)} {mouth} {flat} {who} {self.count % 12} {lit}".encode()
        nonce = self.steps[0].nonce if self.old_nonce else step.nonce
        header = CaptureHeader(capture_id="q1", nonce=nonce, camera="c1")
        return header, (data if self.there else b"-") + b" " * self.size


def order_of(*actions: str, step_ms: int = 4_000, mirrored: bool = False) -> OrderLiveness:
    return OrderLiveness(
        challenge_id="q1",
        attempt=2,
        actions=actions,
        holds_ms=tuple(600 for _ in actions),
        nonces=tuple(f"{number:032x}" for number in range(2 * len(actions))),
        step_ms=400 if actions[0] == "colour" else step_ms,
        colours=COLOURS[: len(actions)] if actions[0] == "colour" else (),
        mirrored=mirrored,
    )


@dataclass
class Outcome:
    found: LivenessAssessed
    hints: list[ReasonCode | None]
    kept: list[str]
    took_ms: int


def attempt(
    person: Person,
    *actions: str,
    vision: Meshes | None = None,
    interval_ms: int = 200,
    late_ms: int = 0,
    mirrored: bool = False,
    cut_s: float | None = None,
    stored: list[str] | None = None,
) -> Outcome:
    """Make a try; ``late_ms`` is how long each order and each frame is on its way; ``cut_s`` cuts it short."""

    async def run() -> Outcome:
        loop = asyncio.get_running_loop()
        hints: list[ReasonCode | None] = []
        kept = [] if stored is None else stored

        def now_ms() -> int:
            return round(loop.time() * 1000)

        def later(what: Callable[[], None]) -> None:
            if late_ms:
                loop.call_later(late_ms / 1000, what)
            else:
                what()

        async def keep(name: str, picture: bytes) -> None:
            kept.append(name)

        made = LivenessTry(
            order_of(*actions, mirrored=mirrored),
            POLICY,
            vision=vision or Meshes(),
            reference=b"template",
            now_ms=now_ms,
            send=lambda step: later(lambda: person.show(step, now_ms())),
            hint=hints.append,
            pick=lambda count: count - 1,
            keep=keep,
        )

        async def film() -> None:
            while True:
                await asyncio.sleep(interval_ms / 1000)
                if person.steps:
                    later(partial(made.frame, *person.frame(now_ms())))

        filming = asyncio.ensure_future(film())
        try:
            found = await asyncio.wait_for(made.run(), cut_s)
        finally:
            filming.cancel()
        return Outcome(found, hints, kept, now_ms())

    return run_virtual(run())


class NeverCompared(Meshes):
    async def analyse(self, frames: Sequence[Frame]) -> list[FrameAssessment]:
        await asyncio.sleep(3_600)
        return []


def test_a_try_that_is_cut_short_leaves_no_picture_that_no_event_commits_to() -> None:
    person, stored = Person(), list[str]()
    with pytest.raises(TimeoutError):
        attempt(person, "turn_left", "open_mouth", vision=NeverCompared(), cut_s=60, stored=stored)
    assert (len(person.steps), stored) == (5, []), "all was done, and the connection was lost during the comparison"


@pytest.mark.parametrize("action", [*TURNS, "blink", "open_mouth"])
def test_who_does_what_is_asked_after_it_is_asked_passes(action: str) -> None:
    person = Person()
    vision = Meshes()
    outcome = attempt(person, action, "open_mouth" if action != "open_mouth" else "look_up", vision=vision)
    found = outcome.found
    assert [step.outcome for step in found.steps] == ["passed", "passed"]
    assert all(person.delay_ms <= step.onset_ms <= person.delay_ms + 800 for step in found.steps)
    assert (found.challenge_id, found.attempt, found.models, found.camera) == ("q1", 2, "m", "c1")
    assert (found.similarity_bp, found.pad_bp, found.reasons) == (8000, 7000, ())
    assert outcome.kept == ["rest", "peak"]
    assert len(vision.asked) == 2  # one at rest, one after the last action
    shown = [(step.step, step.of, step.action, step.nonce) for step in person.steps]
    assert [each[2] for each in shown] == ["hold", action, "hold", found.steps[1].action, "hold"]
    assert [each[0] for each in shown] == [1, 2, 3, 4, 4]
    assert len({each[3] for each in shown}) == 4  # every step has a nonce of its own
    assert person.steps[1].within_ms == 4_000


@pytest.mark.parametrize(
    ("person", "outcome"),
    [
        (Person(does="nothing"), "no_response"),
        (Person(does="look_up"), "wrong_action"),
        (Person(does="turn_right"), "mirrored"),
        (Person(delay_ms=6_000), "no_response"),
        (Person(flat=True), "flat"),
        (Person(old_nonce=True), "unusable"),
        (Person(there=False), "unusable"),
        (Person(size=LIVENESS_FRAME_MAX_BYTES), "unusable"),
    ],
)
def test_who_does_not_fails_with_the_reason_and_nothing_more_is_asked(person: Person, outcome: str) -> None:
    vision = Meshes()
    found = attempt(person, "turn_left", "open_mouth", vision=vision).found
    assert [step.outcome for step in found.steps] == [outcome]
    assert found.similarity_bp is None
    assert not vision.asked


def test_a_camera_that_mirrors_is_judged_so_and_asked_for_the_same() -> None:
    person = Person(does="turn_right")
    found = attempt(person, "turn_left", mirrored=True).found
    assert [(step.action, step.outcome) for step in found.steps] == [("turn_left", "passed")]
    assert [step.action for step in person.steps] == ["hold", "turn_left", "hold"]
    assert [step.outcome for step in attempt(Person(), "turn_left", mirrored=True).found.steps] == ["mirrored"]
    assert [step.outcome for step in attempt(Person(), "look_up", mirrored=True).found.steps] == ["passed"]


def test_a_mirrored_turn_ends_the_try_at_once() -> None:
    """Else the learner, whose turn is not taken, would try the other side, which tells nothing of the camera."""
    outcome = attempt(Person(does="turn_right"), "turn_left")
    assert outcome.found.steps[0].onset_ms >= 700
    assert outcome.took_ms < attempt(Person(does="look_up"), "turn_left").took_ms - 2_000


def test_frames_before_the_order_belong_to_the_rest() -> None:
    """A recording that turns all the time never rests, so the action is never even shown."""
    person = Person()
    person.does = "turn_left"

    def always(now_ms: int, made: Person = person) -> tuple[CaptureHeader, bytes]:
        made.count += 1
        yaw = 18 * (made.count % 3 - 1)
        data = f"{yaw} 0 1 0 solid me {made.count % 12} #000000".encode()
        return CaptureHeader(capture_id="q1", nonce=made.steps[-1].nonce, camera="c1"), data

    person.frame = always  # type: ignore[method-assign]  # a person who never rests
    found = attempt(person, "turn_left").found
    assert [step.outcome for step in found.steps] == ["started_early"]
    assert [step.action for step in person.steps] == ["hold"]


@pytest.mark.parametrize(("does", "outcome"), [("obeys", "passed"), ("other", "no_response")])
def test_a_face_takes_on_the_colours_that_were_shown_and_no_others(does: str, outcome: str) -> None:
    person = Person(does=does)
    found = attempt(person, *["colour"] * 18, vision=Meshes()).found
    assert [step.action for step in person.steps] == ["hold", *["colour"] * 18]
    assert [step.colour for step in person.steps[1:]] == list(COLOURS)
    assert {step.outcome for step in found.steps} == {outcome}
    assert len(found.steps) == 18
    assert (found.similarity_bp == 8000) == (outcome == "passed")


def test_without_a_face_there_is_no_light_on_it() -> None:
    found = attempt(Person(there=False), *["colour"] * 18, vision=Meshes()).found
    assert [step.outcome for step in found.steps] == ["unusable"]


def test_a_helper_who_moves_is_not_the_learner() -> None:
    outcome = attempt(Person(helper_moves=True), "turn_left", "look_up")
    assert [step.outcome for step in outcome.found.steps] == ["passed", "passed"]
    assert outcome.found.similarity_bp == 1200


def test_what_the_service_could_not_look_at_is_its_own_fault() -> None:
    found = attempt(Person(), "turn_left", vision=Meshes(works=False)).found
    assert found.reasons == (ReasonCode.NOT_ANALYSED,)
    assert all(step.outcome == "unusable" for step in found.steps)


def test_the_learner_is_guided_at_most_once_a_second() -> None:
    outcome = attempt(Person(there=False), "turn_left")
    assert set(outcome.hints) == {ReasonCode.NO_FACE}
    assert 2 <= len(outcome.hints) <= outcome.took_ms / 1000 + 1
    assert outcome.found.reasons == (ReasonCode.NO_FACE,)


def unlooked(look: Look | None) -> bool:
    return look is not None and ReasonCode.NOT_ANALYSED in look.seen.reasons


def test_limits_drop_frames_and_nothing_else() -> None:
    async def run() -> tuple[int, int, int]:
        loop = asyncio.get_running_loop()
        intake = Intake(Meshes(), POLICY, lambda: round(loop.time() * 1000), lambda _: None)
        for _ in range(100):
            intake.put("n", b"0 0 1 0 solid me 1 #000000", "c1", False)
        at_once, unseen = intake.taken, intake.unseen
        for _ in range(400):
            await asyncio.sleep(0.2)
            intake.put("n", b"0 0 1 0 solid me 1 #000000", "c2", True)
            assert not unlooked(await intake.next(0))
        assert intake.cameras == {"c1", "c2"} and intake.virtual_camera
        return at_once, unseen, intake.taken

    at_once, unseen, in_all = run_virtual(run())
    assert at_once == POLICY.liveness_burst_frames == 32
    assert unseen == 0
    assert in_all == POLICY.liveness_frames_max == 150


def test_frames_that_come_faster_than_they_are_looked_at_are_recorded_as_not_looked_at() -> None:
    async def run() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        intake = Intake(Meshes(), POLICY, lambda: round(loop.time() * 1000), lambda _: None)
        for number in range(60):
            intake.put(f"{number}", b"0 0 1 0 solid me 1 #000000", "c1", False)
            await asyncio.sleep(0.2)
        looks = [intake.skipped() or await intake.next(0) for _ in range(intake.taken)]
        assert await intake.next(0) is None
        assert sorted(int(look.nonce) for look in looks if look is not None) == list(range(60))
        assert sum(map(unlooked, looks)) == intake.unseen
        return intake.unseen, intake.taken

    unseen, taken = run_virtual(run())
    assert unseen * 3 > taken, "so many that a failed try is the service's fault"


@pytest.mark.parametrize(("late_ms", "outcome"), [(500, "passed"), (1_500, "passed"), (3_000, "passed"), (6_000, "")])
def test_a_bad_line_costs_its_own_time_and_not_the_learners(late_ms: int, outcome: str) -> None:
    slow = attempt(Person(), "turn_left", "blink", late_ms=late_ms).found
    assert (slow.steps[-1].outcome if len(slow.steps) == 2 else "") == outcome
    assert all(200 <= step.onset_ms <= 4_000 for step in slow.steps if step.outcome == "passed")


def test_a_good_line_gives_no_time_to_wait_with() -> None:
    for delay_ms, outcome in ((3_000, "passed"), (5_600, "no_response")):
        assert attempt(Person(delay_ms=delay_ms), "turn_left", late_ms=200).found.steps[-1].outcome == outcome


def test_where_no_frame_ever_comes_the_line_has_its_time_and_no_more() -> None:
    nobody = attempt(Person(old_nonce=True), "turn_left", interval_ms=60_000)
    assert nobody.found.steps[0].outcome == "unusable"
    assert nobody.took_ms == POLICY.liveness_link_ms + 600 + POLICY.liveness_rest_more_ms
