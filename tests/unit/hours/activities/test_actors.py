"""Each side sees its own activities, and no other ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.activities import HOSPITAL, LEARNER, PLATFORM, REN, degree, office
from zaichang.core.errors import NotFound
from zaichang.hours.activities.actors import held_of, own_activity, rfc3339


async def test_each_side_sees_its_own(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        made = await page.parts.desk.draft(LEARNER, degree(unit_id="hospital", papers={"chsi": "1"}))
        name = made.activity_id
        assert held_of(made, ()) == {"chsi"}
        others = (
            replace(REN, institution_id="other"),  # type: ignore[arg-type]
            replace(LEARNER, learner_id="other"),  # type: ignore[arg-type]
            HOSPITAL,
        )
        for actor in others:
            with pytest.raises(NotFound, match=r"activity\.unknown"):
                await own_activity(page.ports, actor, name)
        for actor in (LEARNER, PLATFORM, REN):
            assert (await own_activity(page.ports, actor, name)).activity_id == name
        handed_in = await page.hand_in(degree(unit_id="hospital"), "diploma", "chsi")
        assert (await own_activity(page.ports, HOSPITAL, handed_in)).unit_id == "hospital"
        with pytest.raises(NotFound):
            await own_activity(page.ports, replace(HOSPITAL, unit_id="other"), handed_in)  # type: ignore[arg-type]


def test_only_the_staff_key_is_shared() -> None:
    assert replace(REN, name="staff").shared and not REN.shared and not replace(PLATFORM, name="staff").shared


def test_a_moment_is_china_s() -> None:
    assert rfc3339(0) == "1970-01-01T08:00:00"
