"""A person made of numbers who tries a liveness challenge: drives the pure trial without vision, clock or socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from support.desk import Desk
from zaichang.biometric.movement import Face
from zaichang.biometric.reflected_light import Colour
from zaichang.core.reasons import ReasonCode
from zaichang.liveness import trial
from zaichang.liveness.messages import Compare, Compared, Deadline, FrameSeen, Guide, Keep, Order, Show
from zaichang.liveness.record import Row, geometry_of
from zaichang.liveness.state import State
from zaichang.session.decisions import OrderLiveness
from zaichang.session.policy import Policy

POLICY = Policy()
REST = Face(yaw_cdeg=0, pitch_cdeg=0, eye_bp=3_000, mouth_bp=200, shape_bp=10_000)
DONE = {
    "hold": {},
    "turn_left": {"yaw_cdeg": 2_500, "sideways_bp": 900, "shape_bp": 9_300},
    "turn_right": {"yaw_cdeg": -2_500, "sideways_bp": -900, "shape_bp": 9_300},
    "look_up": {"pitch_cdeg": 1_800, "down_bp": -600, "shape_bp": 10_400},
    "look_down": {"pitch_cdeg": -1_800, "down_bp": 600, "shape_bp": 10_400},
    "blink": {"eye_bp": 900},
    "open_mouth": {"mouth_bp": 5_000},
    "colour": {},
}
"""What a solid head changes while it does an action."""
PALETTE = ("#ff2020", "#20ff20", "#2020ff", "#20ffff", "#ff20ff", "#ffff20")


def acting(action: str, **changes: int) -> Face:
    """Return a face that does an action, with changes."""
    return replace(REST, **{**DONE[action], **changes})


def order_of(*actions: str, mirrored: bool = False, hold_ms: int = 600, step_ms: int = 4_000) -> OrderLiveness:
    """Return an order of these actions; ``colour`` times n is one of coloured light."""
    light = actions[0] == "colour"
    return OrderLiveness(
        challenge_id="q1",
        attempt=1,
        actions=actions,
        holds_ms=tuple(0 if light and place else hold_ms for place in range(len(actions))),
        nonces=tuple(f"{number:032x}" for number in range(2 * len(actions))),
        step_ms=400 if light else step_ms,
        colours=tuple(PALETTE[place % 6] for place in range(len(actions))) if light else (),
        mirrored=mirrored,
    )


def lit_by(colour: str) -> tuple[Colour, Colour]:
    """Return face and room as they look while the screen shines in a colour."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return (12_000 + 10 * red, 10_000 + 10 * green, 9_000 + 10 * blue), (11_000, 11_000, 11_000)


@dataclass
class Sitter:
    """Does what is ordered, unless told otherwise.

    Attributes:
        order: The try.
        policy: Its limits.
        does: The face shown for an order; given its action.
        delay_ms: How long after an order it begins.
        there: Whether there is a face.
        reason: The hindrance where there is none.
        answers: Number of the order that a frame names, given the newest one.
        compared: The comparison's result.
        lit: Colours of face and room, given the colour shown.
        every_ms: Time between frames.
        late_ms: How long an order and a frame are on their way.
        look_ms: How long the look at a frame takes.
    """

    order: OrderLiveness
    policy: Policy = POLICY
    does: Callable[[str], Face] = acting
    delay_ms: int = 700
    there: bool = True
    reason: ReasonCode | None = None
    answers: Callable[[int], int] = lambda number: number
    compared: Compared = field(default_factory=lambda: Compared(similarities_bp=(8_000, 7_000), pads_bp=(9_000, 9_500)))
    lit: Callable[[str], tuple[Colour, Colour] | None] = lit_by
    every_ms: int = 200
    late_ms: int = 0
    look_ms: int = 0
    pick: int = 0

    def __post_init__(self) -> None:
        self.rows: list[Row] = []
        self.shown: list[Show] = []
        self.guides: list[Guide] = []
        self.kept: list[Keep] = []
        self.compares: list[Compare] = []
        self.shown_ms = 0
        self.state, orders = trial.begin(self.order, self.policy, self.pick)
        self._take(orders, 0)

    def run(self) -> State:
        """Try until there is a verdict."""
        now_ms = 0
        while self.state.verdict is None:
            if self.compares:
                self.state, orders = trial.step(self.state, self.compared)
                assert orders == ()
                continue
            now_ms += self.every_ms
            over_ms = trial.until_ms(self.state)
            assert over_ms is not None
            while over_ms is not None and over_ms <= now_ms and self.every_ms > 10_000:
                self.give(Deadline(done_ms=over_ms))
                over_ms = trial.until_ms(self.state)
            if over_ms is not None and now_ms >= over_ms:
                self.give(Deadline(done_ms=now_ms))
            elif over_ms is not None:
                self.give(self.frame(now_ms))
        return self.state

    def frame(self, at_ms: int) -> FrameSeen:
        """Return the frame that arrives now."""
        newest = next((show for show in reversed(self.shown) if self._seen_ms(show) + self.late_ms <= at_ms), None)
        acts = newest is not None and at_ms - self.late_ms - self._seen_ms(newest) >= self.delay_ms
        face = self.does(newest.action if newest is not None and acts else "hold")
        return FrameSeen(
            at_ms=at_ms,
            done_ms=at_ms + self.look_ms,
            order=self.answers(newest.order if newest is not None else 0),
            face=face if self.there else None,
            reason=None if self.there else self.reason,
            lit=self.lit(newest.colour or "#000000") if newest is not None and self.order.colours else None,
        )

    def give(self, row: Row) -> tuple[Order, ...]:
        """Give the trial one event, and carry out what it orders."""
        self.rows.append(row)
        self.state, orders = trial.step(self.state, row)
        self._take(orders, row.done_ms)
        return orders

    def _seen_ms(self, show: Show) -> int:
        """Return when the learner saw an order."""
        return self._shown_at[id(show)] + self.late_ms

    def _take(self, orders: tuple[Order, ...], now_ms: int) -> None:
        self._shown_at: dict[int, int] = getattr(self, "_shown_at", {})
        for order in orders:
            match order:
                case Show():
                    self.shown.append(order)
                    self._shown_at[id(order)] = now_ms
                case Guide():
                    self.guides.append(order)
                case Keep():
                    self.kept.append(order)
                case Compare():
                    self.compares.append(order)


def tried(order: OrderLiveness, policy: Policy = POLICY, **changes: object) -> dict[str, object]:
    """Return the fields of an honest try's event, with changes."""
    sitter = Sitter(order, policy=policy)
    verdict = sitter.run().verdict
    assert verdict is not None
    told = {
        "steps": verdict.steps, "similarity_bp": verdict.similarity_bp, "pad_bp": verdict.pad_bp,
        "reasons": verdict.reasons, "geometry": geometry_of(sitter.pick, sitter.rows),
    }  # fmt: skip
    return {**told, **changes}


def order_at(desk: Desk) -> OrderLiveness:
    """Return the newest try that was ordered at a desk."""
    return [decision for decision in desk.log if isinstance(decision, OrderLiveness)][-1]


def tried_at(desk: Desk) -> dict[str, object]:
    """Return the fields of an honest try at a desk: its ``moves``."""
    return tried(order_at(desk), desk.policy)
