"""An allowance is recorded, holds for every later session, and is in the session's own record."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.study import ManualClock, Student, service, token
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import LivenessAction
from zaichang.core.errors import PeerViolation
from zaichang.launch.allowances import all_excluded, current_allowance, set_allowance
from zaichang.main.service import Services
from zaichang.ports.records import Allowance
from zaichang.session.codec import decode_event
from zaichang.session.events import SessionStarted
from zaichang.session.judgements.liveness_tries import ACTIONS

OWNER = ("inst", "learner")


async def started(services: Services, clock: ManualClock, **more: int) -> SessionStarted:
    student = Student(services, clock)
    await student.join(await token(services, **more))
    await student.leave()
    [first, *_] = await services.store.events(student.session_id)
    event = decode_event(parse_canonical_object(first))
    assert isinstance(event, SessionStarted)
    return event


async def test_what_is_granted_holds_in_every_later_session(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        before = await started(services, clock, extra_time_pct=10)
        assert (before.terms.extra_time_pct, before.terms.liveness_excluded, before.terms.route) == (10, (), "face")
        made = await set_allowance(
            services.store, OWNER, "platform", 5, extra_time_pct=50, liveness_excluded=["look_up", "turn_left"]
        )
        assert (made.version, made.liveness_excluded) == (1, ("turn_left", "look_up"))
        after = await started(services, clock, extra_time_pct=10)
        assert (after.terms.extra_time_pct, after.terms.liveness_excluded) == (50, ("turn_left", "look_up"))
        assert (await started(services, clock, extra_time_pct=80)).terms.extra_time_pct == 80
        await set_allowance(services.store, OWNER, "ren", 6, route="challenge")
        last = await started(services, clock)
        assert (last.terms.route, last.terms.extra_time_pct, last.terms.liveness_excluded) == ("challenge", 0, ())
        assert [(each.version, each.set_by) for each in await services.store.allowances(*OWNER)] == [
            (2, "ren"),
            (1, "platform"),
        ]


def test_allowance_and_launch_add_up_and_one_movement_is_left() -> None:
    held = Allowance(version=1, at_ms=0, set_by="ren", liveness_excluded=(LivenessAction.BLINK,))
    assert all_excluded(held, ("turn_left",)) == ("turn_left", "blink")
    assert all_excluded(held, ACTIONS) == ("blink",)


async def test_nothing_granted_is_version_zero(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        held = await current_allowance(services.store, "inst", "nobody")
        assert (held.version, held.route, held.extra_time_pct, held.liveness_excluded) == (0, None, 0, ())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"route": "none"}, "route"),
        ({"extra_time_pct": 401}, "extra_time_pct"),
        ({"extra_time_pct": -1}, "extra_time_pct"),
        ({"liveness_excluded": ["sing"]}, "liveness_excluded"),
        ({"liveness_excluded": list(ACTIONS)}, "no movement"),
    ],
)
async def test_what_cannot_be_granted_is_refused(tmp_path: Path, changes: dict[str, object], field: str) -> None:
    async with service(tmp_path) as services:
        with pytest.raises(PeerViolation, match=field):
            await set_allowance(services.store, OWNER, "platform", 5, **changes)  # type: ignore[arg-type]
        assert await services.store.allowances(*OWNER) == []
