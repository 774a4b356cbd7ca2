"""The pure trial under any events: deterministic, total, and never passed without the ordered movements."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from support.effort import effort
from support.trying import DONE, PALETTE, POLICY, REST, Sitter, acting, order_of
from zaichang.biometric.movement import Face
from zaichang.core.reasons import ReasonCode
from zaichang.liveness import trial
from zaichang.liveness.messages import Compared, Deadline, FrameSeen
from zaichang.liveness.record import Row, geometry_of, recompute, rows_of
from zaichang.liveness.state import Phase
from zaichang.session.codec import GEOMETRY_ROWS_MAX

MOVES = tuple(action for action in DONE if action not in ("hold", "colour"))
WILD = st.integers(-(2**40), 2**40)
NUMBERS = st.one_of(st.integers(-3_000, 3_000), WILD)
FACES = st.one_of(
    st.sampled_from([acting(action) for action in DONE]),
    st.builds(
        Face, yaw_cdeg=NUMBERS, pitch_cdeg=NUMBERS, eye_bp=NUMBERS, mouth_bp=NUMBERS,
        shape_bp=st.integers(1, 2**40), sideways_bp=NUMBERS, down_bp=NUMBERS,
    ),
)  # fmt: skip
COLOURS = st.tuples(*[st.integers(0, 25_500)] * 3)
ORDERS = st.one_of(
    st.lists(st.sampled_from(MOVES), min_size=1, max_size=3).map(lambda actions: order_of(*actions)),
    st.lists(st.sampled_from(MOVES), min_size=1, max_size=2).map(lambda actions: order_of(*actions, mirrored=True)),
    st.integers(17, 20).map(lambda count: order_of(*["colour"] * count)),
)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Return events with times that never run backwards."""
    now_ms, found = 0, []
    for _ in range(draw(st.integers(0, 60))):
        now_ms += draw(st.sampled_from((0, 1, 200, 200, 200, 700, 5_000, 20_000)))
        if draw(st.integers(0, 7)) == 0:
            found.append(Deadline(done_ms=now_ms))
            continue
        face = draw(st.one_of(st.none(), FACES))
        found.append(
            FrameSeen(
                at_ms=max(0, now_ms - draw(st.sampled_from((0, 50, 3_000)))),
                done_ms=now_ms,
                order=draw(st.integers(-1, 41)) if draw(st.booleans()) else draw(st.integers(1, 4)),
                face=face,
                reason=draw(st.sampled_from((None, ReasonCode.NO_FACE, ReasonCode.NOT_ANALYSED))),
                lit=draw(st.one_of(st.none(), st.tuples(COLOURS, COLOURS))),
            )
        )
    return found


def run(order: trial.OrderLiveness, events: list[Row], pick: int) -> list[object]:
    state, orders = trial.begin(order, POLICY, pick)
    seen: list[object] = [state, orders]
    for event in (*events, Deadline(done_ms=10**7), Compared(similarities_bp=(9_000, 9_000), pads_bp=(9_000, 9_000))):
        state, orders = trial.step(state, event)
        seen += [state, orders]
    while state.verdict is None:
        over_ms = trial.until_ms(state)
        event = Compared() if over_ms is None else Deadline(done_ms=over_ms)
        state, orders = trial.step(state, event)
        seen += [state, orders]
    return seen


@effort(60)
@given(order=ORDERS, events=rows(), pick=st.integers(0, 2**32 - 1))
def test_the_same_events_give_the_same_and_any_events_give_an_end(
    order: trial.OrderLiveness, events: list[Row], pick: int
) -> None:
    assert run(order, events, pick) == run(order, events, pick)


def did(face: Face, rest: tuple[Face, ...], action: str, order: trial.OrderLiveness) -> bool:
    """Judge one frame anew, without the code's own rule: far enough, in the right direction, with its parallax."""
    yaws, pitches = sorted(f.yaw_cdeg for f in rest), sorted(f.pitch_cdeg for f in rest)
    eyes = sorted(f.eye_bp for f in rest)
    sign = -1 if order.mirrored and action.startswith("turn") else 1
    turn, nod = sign * (face.yaw_cdeg - (yaws[1] + yaws[2]) // 2), face.pitch_cdeg - (pitches[1] + pitches[2]) // 2
    match action:
        case "turn_left":
            return turn >= 1_500 and sign * face.sideways_bp >= 500
        case "turn_right":
            return -turn >= 1_500 and sign * face.sideways_bp <= -500
        case "look_up":
            return nod >= 1_000 and face.down_bp <= -250
        case "look_down":
            return -nod >= 1_000 and face.down_bp >= 250
        case "blink":
            return face.eye_bp <= 0.661 * (eyes[1] + eyes[2]) / 2 + 1
        case _:
            return face.mouth_bp >= 3_000


def test_nothing_passes_without_the_ordered_movements() -> None:
    reached: Counter[str] = Counter()

    @effort(300)
    @given(order=ORDERS, done=st.lists(st.sampled_from([*MOVES, "hold"]), min_size=1, max_size=6), data=st.data())
    def attempt(order: trial.OrderLiveness, done: list[str], data: st.DataObject) -> None:
        # Mostly obeys, so that passes are reached; sometimes does something else, or something that only looks like it.
        wilful = data.draw(st.booleans())
        turns = iter(done * 100)
        noise = data.draw(st.sampled_from(({}, {"sideways_bp": 0, "down_bp": 0}, {"shape_bp": 4_000})))

        def does(action: str) -> Face:
            if action in ("hold", "colour"):
                return REST
            face = acting(next(turns)) if wilful else acting(mirror(action))
            return replace(face, **noise)

        def mirror(action: str) -> str:
            other = {"turn_left": "turn_right", "turn_right": "turn_left"}
            return other.get(action, action) if order.mirrored else action

        sitter = Sitter(order, does=does)
        over = sitter.run()
        assert over.phase is Phase.OVER and over.verdict is not None
        reached["compared"] += bool(sitter.compares)
        reached["failed"] += not sitter.compares
        if order.colours:
            return
        passed = [step for step in over.verdict.steps if step.outcome == "passed"]
        assert [step.action for step in over.verdict.steps] == list(order.actions[: len(over.verdict.steps)])
        assert bool(sitter.compares) == (len(passed) == len(order.actions))
        rests = (REST,) * POLICY.liveness_rest_frames
        for number, step in enumerate(over.verdict.steps):
            frames = [row for row in sitter.rows if isinstance(row, FrameSeen) and row.order == 2 * number + 2]
            good = sum(row.face is not None and did(row.face, rests, step.action, order) for row in frames)
            if step.outcome == "passed":
                assert good >= POLICY.liveness_agree_frames
                assert 0 <= step.onset_ms <= order.step_ms + POLICY.liveness_late_ms
            else:
                reached["one movement failed"] += number > 0

    attempt()
    assert min(reached[name] for name in ("compared", "failed", "one movement failed")) > 5, reached


@effort(40)
@given(order=ORDERS, events=rows(), pick=st.integers(0, 2**32 - 1))
def test_the_record_of_any_events_gives_their_verdict(order: trial.OrderLiveness, events: list[Row], pick: int) -> None:
    faceless = [row for row in events if not (isinstance(row, FrameSeen) and row.order == -1)]
    geometry = geometry_of(pick, faceless)
    assert rows_of(geometry) == faceless
    state, _ = trial.begin(order, POLICY, pick)
    for row in faceless:
        state, _ = trial.step(state, row)
    compared = Compared(similarities_bp=(5_000,), pads_bp=(6_000,))
    if state.phase is Phase.COMPARE:
        state, _ = trial.step(state, compared)
    assert recompute(order, POLICY, geometry, compared) == state.verdict


def test_a_try_never_has_more_rows_than_an_event_may_hold() -> None:
    assert POLICY.liveness_frames_max + 2 * len(PALETTE) + 40 < GEOMETRY_ROWS_MAX
