from pathlib import Path

import pytest

from zaichang.core.errors import ConfigError
from zaichang_simulation.format import loader

HEAD = 'format = 1\nname = "x"\n'
FLOOR = "[expect]\nverified_s_min = 5\n"


def _parse(body: str) -> loader.Loaded:
    return loader.parse(HEAD + body, Path.cwd())


def _player(*entries: str) -> str:
    return "".join(f"[[player]]\n{entry}\n" for entry in entries)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('[[camera]]\nkind = "clip"\non = "capture"\nevery_s = 9\nfor_s = 3', "camera[0].every_s: is another way"),
        ('[[camera]]\nkind = "clip"\nafter_s = 9', "camera[0].after_s: belongs to `on`"),
        ('[[camera]]\nkind = "clip"\nfirst = 2', "camera[0].first: belongs to `on`"),
        ('[[camera]]\nkind = "clip"\nfor_s = 2', "camera[0].for_s: belongs to `on` or `every_s`"),
        ('[[camera]]\nkind = "clip"\nevery_s = 9\nfor_s = 9', "camera[0].for_s: must be above 0 and shorter"),
        ('[[camera]]\nkind = "frozen"\non = "capture"', "camera[0].kind: shows again"),
        (_player('do = "finish"\nat_s = 3\nfirst = 2'), "player[0].first: belongs to `on`"),
        (
            _player('do = "sleep"\nat_s = 10\nfor_s = 30', 'do = "lock"\nat_s = 39\nfor_s = 5'),
            "player[1].at_s: the page is stopped until 40 already",
        ),
        (_player('do = "reload"\nat_s = 10\nevery_s = 4\ndown_s = 5'), "player[0].every_s: begins again"),
        (
            _player('do = "sleep"\nat_s = 10\nevery_s = 60\nfor_s = 20', 'do = "reload"\nat_s = 135\ndown_s = 3'),
            "player[1].at_s: the page is stopped until 150 already",
        ),
        (
            '[[passkey]]\nfrom_s = 9\n[[passkey]]\nfrom_s = 9\ndevice = "lost"',
            "passkey[1].from_s: another entry of this client",
        ),
        ("[[passkey]]\nrelay_s = 9", "passkey[0].relay_s: belongs to device"),
        ('[[passkey]]\nclient = "absent"', "passkey[0].client: there is no [[client]] 'absent'"),
        ('kind = "honest"', "expect: an honest scenario must say its floor"),
        ('kind = "honest"\n[expect]\nverified_s_min = 0', "expect: an honest scenario must say its floor"),
        (
            '[[client]]\nname = "a"\n[[client]]\nname = "b"\npolicy = "demo"',
            "client[1].policy: differs from that of another client of lesson-1, 'default'",
        ),
        ('[[client]]\nname = "a"\npolicy = "nothing"', "client[0].policy"),
    ],
)
def test_what_cannot_be_is_refused_and_named(body: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _parse(body)
    assert message in caught.value.message


def test_reactions_cycles_and_suspensions_that_can_be_are_taken() -> None:
    loaded = _parse(
        'kind = "honest"\n'
        '[[camera]]\nkind = "clip"\n'
        '[[camera]]\nkind = "absent"\non = "round_over"\nafter_s = 2\nfor_s = 5\nfirst = 3\n'
        '[[camera]]\nkind = "absent"\nevery_s = 60\nfor_s = 5\n'
        '[[client]]\nname = "main"\n[[client]]\nname = "b"\nlesson = "lesson-2"\npolicy = "demo"\n'
        + _player(
            'do = "sleep"\nat_s = 10\nfor_s = 30',
            'do = "lock"\nat_s = 40\nfor_s = 5',
            'do = "sleep"\nat_s = 20\nfor_s = 30\nclient = "b"',
            'do = "sleep"\nat_s = 0\nfor_s = 30\non = "challenge"\nfirst = 1',
        )
        + FLOOR
    )
    assert loaded.policy_of("main").name == "default"
    assert loaded.policy_of("b").name == "demo"


@pytest.mark.parametrize(
    "floor",
    [FLOOR, "[expect]\nloss_s_max = 3\n", "[[expect_session]]\nverified_s_min = 3\n"],
    ids=["whole", "loss", "session"],
)
def test_an_honest_scenario_may_say_its_floor_in_three_ways(floor: str) -> None:
    _parse('kind = "honest"\n' + floor)


def test_a_repetition_that_is_over_in_time_overlaps_nothing() -> None:
    sleeps = 'do = "sleep"\nat_s = 10\nevery_s = 60\nfor_s = 20'
    _parse(_player(f"{sleeps}\nuntil_s = 100", 'do = "reload"\nat_s = 135\ndown_s = 3'))
