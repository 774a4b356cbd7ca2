"""The loader refuses everything that docs/simulation.md does not allow, and says where."""

from pathlib import Path

import pytest

from zaichang.core.errors import ConfigError
from zaichang_simulation.format import loader
from zaichang_simulation.format.actions import Seek
from zaichang_simulation.format.camera import Blur, Clip

HEAD = 'format = 1\nname = "x"\n'


def parse(body: str) -> loader.Loaded:
    return loader.parse(HEAD + body, Path.cwd())


def test_entries_become_types_and_keep_their_values() -> None:
    scenario = parse(
        '[[camera]]\nkind = "clip"\nat_s = 0.5\ntransforms = [{do = "blur", sigma_px = 3}]\n'
        '[[player]]\ndo = "seek"\nat_s = 3\nto_s = 100\n'
    ).scenario
    assert scenario.camera == (Clip(at_s=0.5, transforms=(Blur(sigma_px=3.0),)),)
    assert scenario.player == (Seek(at_s=3.0, to_s=100.0),)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("[session]\nlesson_s = 0", "Line 4, session.lesson_s: Expected"),
        ("[session]\nlessons = 3", "Line 4, session.lessons: there is no such key. Did you mean lesson_s?"),
        ('[[camera]]\nkind = "clip"\nat_s = -1', "Line 5, camera[0].at_s"),
        ('[[camera]]\nkind = "hologram"', "'hologram'; it may be absent, black, clip, faceswap"),
        (
            '[[camera]]\nkind = "clip"\nwhen_asked = "no"',
            "camera[0].when_asked: Invalid enum value 'no'; it may be called,",
        ),
        ('[[challenge]]\nkinds = ["cod"]', "challenge[0].kinds[0]: Invalid enum value 'cod'; it may be code, confirm"),
        ('[session]\nroute = "feet"', "Line 4, session.route: Invalid enum value 'feet'; it may be challenge, face."),
        (
            '[[camera]]\nkind = "clip"\nat_ms = 5',
            "camera[0].at_ms: there is no such key. Did you mean at_s (times are s",
        ),
        ('[[camera]]\nkind = "still"\nmotion = 1', "camera[0].motion: there is no such key. There are: after_s, at_s"),
        ('[[camera]]\nkind = "clip"\ntransforms = [{do = "blur", sigma = 3}]', "Line 5, camera[0].transforms[0].sigma"),
        ('[[camera]]\nkind = "clip"\n\n[[camera]]\nkind = "black"', "Line 6, camera[1].at_s"),
        ('[[player]]\ndo = "play"', "Line 3, player[0]: the key at_s must be given"),
        ('[[player]]\ndo = "play"\nat_s = "3"', "Line 5, player[0].at_s: Expected `float`, got `str`"),
        ('[[player]]\ndo = "play"\nat_s = 99999', "Line 5, player[0].at_s"),
        ('[[player]]\ndo = "seek"\nat_s = 9\nevery_s = 0.001', "Line 6, player[0].every_s: must be 0 or at least"),
        ('[[player]]\ndo = "seek"\nat_s = 9\nevery_s = 5\nuntil_s = 8', "Line 7, player[0].until_s"),
        ('[[player]]\ndo = "seek"\nat_s = 9\nevery_s = 5\non = "pop_up"', "player[0].every_s: belongs to a fixed time"),
        ('[[player]]\ndo = "seek"\nat_s = 9\nafter_s = 5', "player[0].after_s: belongs to `on`"),
        (
            '[[challenge]]\nclient = "other"',
            "Line 4, challenge[0].client: there is no [[client]] 'other', there are: main",
        ),
        ('[[network]]\ndo = "drop"\nfrom_s = 9\nuntil_s = 3', "Line 6, network[0].until_s"),
        ('[[cheat]]\ndo = "raw"\nevery_s = 0.001', "cheat[0].every_s"),
        ('[[question]]\ntext = "?"\noptions = ["a", "b"]\ncorrect = 2', "Line 6, question[0].correct"),
        ('[expect]\nreasons = ["NO_SUCH"]', "Line 4, expect.reasons: there is no reason code 'NO_SUCH'"),
        ('[expect]\ncases = ["SHARED_DEVISE"]', "Did you mean SHARED_DEVICE?"),
        ('[[expect_session]]\nfinal = "NO_SUCH"', "expect_session[0].final"),
        ('[[expect_period]]\nfrom_s = 1\nuntil_s = 2\nreasons = ["NO_SUCH"]', "Line 6, expect_period[0].reasons"),
        ("[expect]\nhonest_s = 1\nhonest_until_s = 2", "Line 5, expect.honest_until_s: is another way"),
        ('[session]\nstarts_at = "2026-13-02T01:00:00Z"', "Line 4, session.starts_at: there is no such moment"),
        ("[session]\nlesson_s = nan", "Line 4, session.lesson_s"),
        ("[session]\ncredited = [[9, 3]]", "Line 4, session.credited"),
        ("client = []", "Line 3, client"),
        ('[[client]]\nname = "a"\n[[client]]\nname = "a"', "Line 6, client[1].name: the clients' names must differ"),
        ('[[client]]\nname = "a"\ntoken_of = "a"', "client[0].token_of"),
        ('[[client]]\nname = "a"\ntoken_of = "b"\n[[client]]\nname = "b"\ntoken_of = "a"', "no token of its own"),
        ('[[camera]]\nkind = "frozen"', "camera[0].kind: shows again"),
        ('[[camera]]\nkind = "clip"\n[[camera]]\nkind = "loop"\nat_s = 60\nfrom_s = 5\nto_s = 5', "camera[1].to_s"),
        ('[[camera]]\nkind = "clip"\n[[camera]]\nkind = "loop"\nat_s = 60\nfrom_s = 70\nto_s = 75', "camera[1].from_s"),
        ("surprise = 1", "Line 3, surprise: there is no such key"),
        ("[sesion]\nseed = 1", "Line 3, sesion: there is no such key. Did you mean session?"),
    ],
)
def test_what_is_wrong_is_refused_and_named_with_its_line(body: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(body)
    assert caught.value.code == "scenario.invalid"
    assert caught.value.exit_code == 3
    assert place in caught.value.message


def test_a_missing_format_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="the key format must be given"):
        loader.parse('name = "x"', Path.cwd())


def test_policy_fields_are_checked_like_a_policy() -> None:
    assert parse("[policy]\nheartbeat_ms = 4000").policy.heartbeat_ms == 4000
    with pytest.raises(ConfigError) as caught:
        parse("[policy]\nheartbeat_s = 4")
    assert caught.value.code == "policy.unknown_key"
    assert caught.value.message.startswith("Line 4, policy.heartbeat_s: ")
    with pytest.raises(ConfigError, match=r"Line 5, policy\.capture_mean_ms"):
        parse('[policy]\nname = "a"\ncapture_mean_ms = "often"')


def test_a_policy_file_is_read_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "strict.toml").write_text(
        '[pack]\nname = "strict"\nversion = "1"\ntitle_zh = "t"\ntitle_en = "t"\nbasis = "b"\n'
        "appeal_hours = 24\nanswer_working_days = 3\n"
        '[rules]\nround_passes = 3\n[cite]\nround_passes = "our choice"\n'
    )
    loaded = loader.parse(HEAD + '[session]\npolicy = "strict.toml"\n[policy]\nround_captures = 9', tmp_path)
    assert (loaded.policy.name, loaded.policy.round_passes, loaded.policy.round_captures) == ("strict", 3, 9)
    with pytest.raises(ConfigError) as caught:
        loader.parse(HEAD + '[session]\npolicy = "absent.toml"', tmp_path)
    assert caught.value.code == "policy.not_found"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        loader.load(tmp_path / "nothing.toml")
    assert caught.value.code == "scenario.unreadable"
    with pytest.raises(ConfigError, match="line 2"):
        loader.parse("format = 1\nname = x\n", tmp_path)
    big = tmp_path / "big.toml"
    big.write_text("#" * (loader.SIZE_MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="more than"):
        loader.load(big)
