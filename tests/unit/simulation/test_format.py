"""The loader refuses everything that docs/simulation.md does not allow, and says where."""

from pathlib import Path

import pytest

from zaichang.core.errors import ConfigError
from zaichang.simulation.format import loader, reference
from zaichang.simulation.format.actions import Seek
from zaichang.simulation.format.camera import Blur, Clip

PAGE = Path(__file__).parents[3] / "docs" / "simulation.md"
HEAD = 'format = 1\nname = "x"\n'


def parse(body: str) -> loader.Loaded:
    return loader.parse(HEAD + body, Path.cwd())


def test_the_page_shows_the_format_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert reference.render(page) == page


def test_every_field_of_the_page_has_a_meaning() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    assert [row for row in rows if row.rstrip().endswith("|  |") and "=" in row] == []


def test_every_toml_block_of_the_page_loads() -> None:
    blocks = [part.split("```")[0] for part in PAGE.read_text(encoding="utf-8").split("```toml\n")[1:]]
    assert len(blocks) >= 4
    for block in blocks:
        loader.parse(block, Path.cwd())


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
        ("[session]\nlesson_s = 0", "$.session.lesson_s"),
        ("[session]\nlessons = 3", "lessons"),
        ('[[camera]]\nkind = "clip"\nat_s = -1', "$.camera[0].at_s"),
        ('[[camera]]\nkind = "hologram"', "$.camera[0]"),
        ('[[camera]]\nkind = "clip"\n[[camera]]\nkind = "black"', "camera[1].at_s"),
        ('[[player]]\ndo = "play"', "at_s"),
        ('[[player]]\ndo = "play"\nat_s = "3"', "$.player[0].at_s"),
        ('[[challenge]]\nclient = "other"', "other"),
        ('[[network]]\ndo = "drop"\nfrom_s = 9\nuntil_s = 3', "network[0].until_s"),
        ('[[question]]\ntext = "?"\noptions = ["a", "b"]\ncorrect = 2', "question[0].correct"),
        ('[expect]\nreasons = ["NO_SUCH"]', "NO_SUCH"),
        ("[session]\ncredited = [[9, 3]]", "session.credited[0]"),
        ("client = []", "client"),
        ('[[client]]\nname = "a"\n[[client]]\nname = "a"', "must differ"),
        ("surprise = 1", "surprise"),
    ],
)
def test_what_is_wrong_is_refused_and_named(body: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(body)
    assert caught.value.code == "scenario.invalid"
    assert caught.value.exit_code == 3
    assert place in caught.value.message


def test_policy_fields_are_checked_like_a_policy() -> None:
    assert parse("[policy]\nheartbeat_ms = 4000").policy.heartbeat_ms == 4000
    with pytest.raises(ConfigError) as caught:
        parse("[policy]\nheartbeat_s = 4")
    assert caught.value.code == "policy.unknown_key"


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
    with pytest.raises(ConfigError):
        loader.parse("format = ", tmp_path)
