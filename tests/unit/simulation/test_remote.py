"""A scenario against a running service: real websocket, real time."""

import socket
from pathlib import Path

import pytest

from support.sim import HEAD, PaintedAnalyser
from zaichang.cli.service import base_url, serve
from zaichang.core.errors import ConfigError, UnreadableInput
from zaichang.main.service import build
from zaichang.settings import load_settings
from zaichang_simulation.analysis import Gallery, SimVision
from zaichang_simulation.camera.footage import Library
from zaichang_simulation.format.loader import parse
from zaichang_simulation.remote import RemoteHost, _run, simulate_remotely
from zaichang_simulation.result import Result

LESSON = "[session]\nlesson_s = 6\nlimit_s = 60\n"
CAMERA = '[[camera]]\nkind = "clip"\nwidth_px = 160\nheight_px = 120\n'


async def study(tmp_path: Path, text: str, *, with_token: bool) -> Result:
    loaded = parse(HEAD + LESSON + CAMERA + text, tmp_path)
    settings = load_settings(overrides={"data": tmp_path / "data", "log_hold_back": False}, environ={})
    vision = SimVision(Gallery(PaintedAnalyser()), (), lambda: 0)
    listener = socket.create_server(("127.0.0.1", 0))
    results: list[Result] = []
    async with await build(settings, vision=vision) as services:
        keys = await services.institutions.add("inst-1", "机构", "Institution")
        await services.lessons.add(
            "inst-1", "course-1", "lesson-1", title_zh="课", title_en="Lesson", duration_ms=6_000, policy=loaded.policy
        )
        token = await services.launches.issue("inst-1", "learner-1", "course-1", "lesson-1", enrol=True)
        base = base_url(settings, listener)

        async def beside() -> bool:
            key, secret = ("", token) if with_token else (keys.platform, "")
            results.append(await _run(loaded, RemoteHost(loaded, base, key, secret, Library((tmp_path,)))))
            return True

        with listener:
            await serve(services, listener, beside)
    return results[0]


@pytest.mark.parametrize("with_token", [False, True], ids=["key", "token"])
async def test_a_lesson_is_studied_over_the_real_websocket(tmp_path: Path, with_token: bool) -> None:
    expected = '[expect]\nverified_s_min = 5\nfinal = "SESSION_FINISHED"\nsessions = 1\n'
    result = await study(tmp_path, expected, with_token=with_token)
    assert result.findings == ()
    assert result.sessions[0].minutes[0].verdict == "VERIFIED"
    assert result.as_dict()["sessions"][0]["minutes"][0]["from_s"] is None


async def test_a_forged_token_is_refused_there_too(tmp_path: Path) -> None:
    result = await study(tmp_path, '[[cheat]]\ndo = "token"\nhow = "forged"\n', with_token=False)
    assert result.sessions == ()
    assert result.refusals == (("main", "token.forged"),)


def test_what_cannot_be_run_remotely_is_said(tmp_path: Path) -> None:
    plain = parse(HEAD + LESSON, tmp_path)
    with pytest.raises(ConfigError):
        simulate_remotely(plain, "http://127.0.0.1:9")
    with pytest.raises(ConfigError):
        simulate_remotely(plain, "http://127.0.0.1:9", key="k", token="t")
    killing = parse(HEAD + LESSON + '[[server]]\ndo = "kill"\nat_s = 3\n', tmp_path)
    with pytest.raises(ConfigError):
        simulate_remotely(killing, "http://127.0.0.1:9", key="k")
    for own in ("[session]\nlive_for_s = 60\n", '[[client]]\nlesson_version = "2"\n'):
        with pytest.raises(ConfigError, match="register a lesson"):
            simulate_remotely(parse(HEAD + own, tmp_path), "http://127.0.0.1:9", key="k")
    two = parse(HEAD + '[[client]]\nname = "a"\n[[client]]\nname = "b"\n', tmp_path)
    with pytest.raises(ConfigError):
        simulate_remotely(two, "http://127.0.0.1:9", token="t")
    with pytest.raises(UnreadableInput) as caught:
        simulate_remotely(plain, "http://127.0.0.1:9", key="k")
    assert caught.value.code == "simulate.unreachable" and caught.value.exit_code == 2
