"""Whole sessions through the real service on a virtual clock, with an analysis that needs no models."""

from pathlib import Path

import pytest

from support.sim import HEAD, play
from zaichang_simulation.format.loader import parse
from zaichang_simulation.host import shows_files

SHORT = "[session]\nlesson_s = 120\n"
CAMERA = '[[camera]]\nkind = "clip"\nwidth_px = 160\nheight_px = 120\n'


def test_an_honest_lesson_is_verified_to_the_end_and_replays_equal() -> None:
    result = play(
        SHORT
        + CAMERA
        + '[expect]\nverified_s_min = 118\nverified_s_max = 120\nfinal = "SESSION_FINISHED"\nsessions = 1'
    )
    assert result.findings == ()
    assert result.sessions[0].replay_equal
    assert result.claimed_ms == result.played_ms == 120_000
    assert result.as_dict()["sessions"][0]["minutes"][0]["verdict"] == "VERIFIED"


def test_the_same_scenario_gives_the_same_result() -> None:
    body = SHORT + CAMERA + '[[network]]\ndo = "delay"\nfrom_s = 0\ndelay_s = 0.3\njitter_s = 2\n'
    first, second = play(body), play(body)
    assert first.as_dict() == second.as_dict()
    assert first.as_dict() != play(body.replace("lesson_s = 120", "lesson_s = 120\nseed = 2")).as_dict()


def test_a_covered_camera_is_credited_nothing() -> None:
    result = play(SHORT + 'limit_s = 100\n[[camera]]\nkind = "black"\nwidth_px = 160\nheight_px = 120\n')
    assert result.verified_ms == 0
    assert "CAMERA_COVERED" in result.sessions[0].reasons


def test_expectations_that_do_not_come_out_are_findings() -> None:
    result = play(
        SHORT
        + CAMERA
        + '[expect]\nverified_s_max = 10\nreasons = ["NO_FACE"]\nreasons_absent = ["SESSION_FINISHED"]\n'
        + 'final = "SUPERSEDED"\nsessions = 2\nclosed = false\nindicators = ["VIRTUAL_CAMERA"]\n'
        + "[[expect_session]]\nverified_s_min = 900\n"
        + '[[expect_period]]\nfrom_s = 0\nuntil_s = 60\nverdicts = ["REFUSED"]\n'
    )
    text = " | ".join(result.findings)
    assert len(result.findings) == 9
    assert "verified 120.0 s, expected at most 10 s" in text and "expected SUPERSEDED" in text
    assert "a minute was VERIFIED, expected REFUSED" in text


def test_a_second_page_supersedes_the_first() -> None:
    result = play(
        SHORT
        + '[[client]]\nname = "a"\n[[client]]\nname = "b"\nstart_s = 30\n'
        + CAMERA.replace("kind", 'client = "a"\nkind')
        + CAMERA.replace("kind", 'client = "b"\nkind')
        + '[expect]\nsessions = 2\nverified_s_max = 120\nverified_s_min = 100\nreasons = ["SUPERSEDED"]'
    )
    assert result.findings == ()
    assert {session.client for session in result.sessions} == {"a", "b"}


@pytest.mark.parametrize(
    "happening",
    [
        '[[player]]\ndo = "reload"\nat_s = 40\n',
        '[[player]]\ndo = "crash"\nat_s = 40\ndown_s = 8\n',
        '[[player]]\ndo = "sleep"\nat_s = 40\nfor_s = 300\n',
        '[[player]]\ndo = "lock"\nat_s = 40\nfor_s = 60\n',
        '[[player]]\ndo = "hide"\nat_s = 40\nfor_s = 20\n',
        '[[player]]\ndo = "pause"\nat_s = 40\nfor_s = 20\n',
        '[[player]]\ndo = "stall"\nat_s = 40\nfor_s = 5\n',
        '[[player]]\ndo = "seek"\nat_s = 40\nby_s = -20\n',
        '[[network]]\ndo = "drop"\nfrom_s = 40\nuntil_s = 90\n',
        '[[network]]\ndo = "drop"\nfrom_s = 40\nuntil_s = 60\nnotice_s = 5\n',
        '[[network]]\ndo = "flap"\nfrom_s = 20\nevery_s = 30\n',
        '[[network]]\ndo = "lose"\nfrom_s = 0\nmessage = "heartbeat"\ncount = 2\n',
        '[[network]]\ndo = "bandwidth"\nfrom_s = 0\nup_kbit_s = 128\n',
        '[[network]]\ndo = "duplicate"\nfrom_s = 0\nshare = 0.5\ndelay_s = 0.5\n',
        '[[network]]\ndo = "reorder"\nfrom_s = 0\nshare = 0.2\ndelay_s = 1\n',
        '[[network]]\ndo = "move"\nfrom_s = 40\ndown_s = 4\naddress = "203.0.113.9"\n',
        "[[clock]]\nat_s = 40\ntimer_least_s = 60\n[[clock]]\nat_s = 80\n",
        '[[server]]\ndo = "kill"\nat_s = 50\ndown_s = 6\n',
    ],
    ids=lambda text: text.split()[2],
)
def test_what_happens_to_honest_people_costs_only_the_gap(happening: str) -> None:
    result = play(
        SHORT + CAMERA + happening + '[expect]\nverified_s_min = 90\nfinal = "SESSION_FINISHED"\nsessions = 1'
    )
    assert result.findings == ()


@pytest.mark.parametrize(
    ("cheat", "code"),
    [
        ('do = "playhead"\nfrom_s = 5\njump_s = 110\n', "SEEK_FORWARD"),
        ('do = "segments"\nfrom_s = 5\nlength_s = 60\n', "SEEK_FORWARD"),
        ('do = "playhead"\nfrom_s = 5\nspeed = 8\n', "RATE_TOO_FAST"),
        ('do = "nonce"\n', "HEARTBEAT_REJECTED"),
        ('do = "captures"\nsend = "first"\nfrom_s = 1\n', "CAMERA_FROZEN"),
        ('do = "captures"\nsend = "garbage"\n', "FRAME_UNREADABLE"),
        ('do = "captures"\nnonce = "wrong"\n', "CAPTURE_NONCE"),
        ('do = "ignore"\norders = ["capture"]\n', "CAPTURE_MISSED"),
    ],
    ids=lambda text: text.split('"')[1] if '"' in text else text,
)
def test_lies_earn_nothing_and_are_named(cheat: str, code: str) -> None:
    result = play(SHORT + "limit_s = 100\n" + CAMERA + "[[cheat]]\n" + cheat)
    assert result.verified_ms <= 8_000
    assert code in result.sessions[0].reasons


@pytest.mark.parametrize("how", ["forged", "expired", "absent"])
def test_a_wrong_token_opens_nothing(how: str) -> None:
    result = play(SHORT + CAMERA + f'[[cheat]]\ndo = "token"\nhow = "{how}"\n')
    assert result.sessions == ()
    assert result.refusals[0][1].startswith("token.") or result.refusals[0][1] == "wire.invalid"


def test_raw_frames_are_survived() -> None:
    body = SHORT + CAMERA
    for text in ("", "{", '{"t": "nothing"}', '{"t": "heartbeat"}'):
        body += f"[[cheat]]\ndo = \"raw\"\nfrom_s = 10\ntext = '{text}'\n"
    result = play(body + '[[cheat]]\ndo = "raw"\nfrom_s = 12\nhex = "ffffffff00"\n[expect]\nverified_s_min = 110\n')
    assert result.findings == ()


def test_earlier_credit_is_not_given_twice() -> None:
    result = play(SHORT + "credited = [[0, 60]]\n" + CAMERA + "[expect]\nverified_s_min = 58\nverified_s_max = 60\n")
    assert result.findings == ()


def test_the_route_without_faces_needs_right_answers() -> None:
    policy = HEAD + 'passkey_challenge = "allowed"\nchallenge_kinds = ["code", "question", "confirm"]\n'
    session = SHORT + 'route = "challenge"\n'
    honest = play(session + "[expect]\nverified_s_min = 110\n", head=policy)
    assert honest.findings == ()
    silent = play(session + 'limit_s = 300\n[[challenge]]\nanswer = "never"\n', head=policy)
    assert silent.verified_ms == 0


PACKS = ("default", "cq-pharmacist-2025", "cs-cme-2022", "demo", "driver-training-like", "sc-cme-2025")
NO_CAMERA = '[[camera]]\nkind = "unavailable"\n'


@pytest.mark.parametrize("pack", PACKS)
def test_the_shipped_rules_count_the_route_without_faces_where_the_learners_own_device_answers(pack: str) -> None:
    head = 'format = 1\nname = "test"\n'
    rules = f'[session]\nlesson_s = 120\nroute = "challenge"\npolicy = "{pack}"\n{NO_CAMERA}'
    own = play(rules + "[expect]\nverified_s_min = 110\n", head=head)
    assert own.findings == () and own.sessions[0].replay_equal
    assert any(each.order == "challenge" for each in own.sessions[0].orders)


@pytest.mark.parametrize("device", ["lost", "far", "none", "unsupported"])
def test_where_a_passkey_is_required_time_without_one_goes_to_a_person(device: str) -> None:
    body = f'[session]\nlesson_s = 60\nroute = "challenge"\n{NO_CAMERA}[[passkey]]\ndevice = "{device}"\n'
    result = play(body, head='format = 1\nname = "test"\n')
    assert result.verified_ms == 0 and result.undecided_ms >= 55_000
    assert "PASSKEY_MISSING" in result.sessions[0].reasons


def test_a_new_phone_counts_from_the_next_session_on() -> None:
    body = f'[session]\nlesson_s = 120\nroute = "challenge"\n{NO_CAMERA}[[passkey]]\ndevice = "lost"\n'
    body += '[[passkey]]\nfrom_s = 40\ndevice = "new"\n[[player]]\ndo = "start"\nat_s = 50\n'
    result = play(body + "[expect]\nsessions = 2\nverified_s_min = 70\n", head='format = 1\nname = "test"\n')
    assert result.findings == ()
    lost, new = result.sessions
    assert lost.verified_ms == 0 < lost.undecided_ms and new.verified_ms > 70_000
    assert "PASSKEY_MISSING" not in new.reasons


def test_without_a_reference_no_time_is_verified() -> None:
    result = play(SHORT + 'limit_s = 100\nreference = "none"\n' + CAMERA)
    assert result.verified_ms == 0


def test_an_action_may_answer_an_event_instead_of_a_time() -> None:
    pop_ups = 'challenge_kinds = ["confirm"]\nchallenge_mean_ms = 20000\nchallenge_min_gap_ms = 10000\n'
    pop_ups += "challenge_max_gap_ms = 30000\n"
    back = '[[player]]\ndo = "seek"\nby_s = -10\nat_s = 30\nuntil_s = 90\non = "pop_up"\nafter_s = 2\n'
    plain, sought = (play(SHORT + CAMERA + more, head=HEAD + pop_ups) for more in ("", back))
    assert sought.findings == () and sought.verified_ms == 120_000
    assert sought.duration_ms > plain.duration_ms + 10_000
    paused = '[[player]]\ndo = "pause"\nfor_s = 200\nat_s = 30\nuntil_s = 40\non = "capture"\n'
    assert (
        play(SHORT + CAMERA + paused, head=HEAD + "capture_max_gap_ms = 20000\ncapture_mean_ms = 15000\n").duration_ms
        > 300_000
    )


def test_one_face_behind_several_accounts_on_one_device_becomes_cases_for_a_person() -> None:
    accounts = "".join(
        f'[[client]]\nname = "{name}"\nlearner = "learner-{name}"\nstart_s = {start_s}\naddress = "203.0.113.9"\n'
        for name, start_s in (("a", 0), ("b", 100), ("c", 200))
    )
    expected = '[expect]\ncases = ["SHARED_DEVICE", "FACE_OF_ANOTHER_ACCOUNT"]\ncases_absent = ["SHARED_ADDRESS"]\n'
    result = play("[session]\nlesson_s = 30\n" + accounts + expected)
    assert result.findings == ()
    assert {case.kind for case in result.cases} == {"account", "device"}
    assert result.as_dict()["cases"][0]["reasons"]
    alone = play('[session]\nlesson_s = 30\n[expect]\ncases = ["SHARED_DEVICE"]\n')
    assert alone.findings == ("there is no case of SHARED_DEVICE for a person",)


def test_many_devices_of_one_account_are_seen_as_the_page_names_them() -> None:
    tabs = "".join(f'[[client]]\nname = "t{n}"\ndevice = "d{n}"\nstart_s = {n * 9}\n' for n in range(4))
    result = play("[session]\nlesson_s = 30\n" + tabs + '[expect]\ncases_absent = ["MANY_DEVICES"]\n')
    assert result.findings == ("there is a case of MANY_DEVICES for a person",)


def test_claims_and_refusals_can_be_expected() -> None:
    result = play(SHORT + CAMERA + '[expect]\nclaimed_s_min = 500\nrefusals = ["token.forged"]\n')
    assert result.findings == (
        "120.0 s were claimed, expected at least 500 s",
        "no client was refused with token.forged",
    )
    forged = play(SHORT + CAMERA + '[[cheat]]\ndo = "token"\n[expect]\nrefusals = ["token.forged"]\n')
    assert forged.findings == ()


def test_what_was_honest_may_end_at_a_moment_and_gain_and_loss_are_measured_against_it() -> None:
    result = play(SHORT + CAMERA + "[expect]\nhonest_until_s = 60\ngain_s_max = 1\n")
    assert 50_000 < result.honest_ms < 60_000
    gained_s = (result.verified_ms - result.honest_ms) / 1000
    assert result.findings == (f"{gained_s:.1f} s were credited beyond the honest time, at most 1 s may",)
    lost = play(SHORT + CAMERA + "[expect]\nhonest_s = 200\nloss_s_max = 60\n")
    assert lost.findings == ("80.0 s of honest time are lost, at most 60 s may",)
    exact = play(SHORT + CAMERA + "[expect]\nhonest_s = 180\nloss_s_max = 60\n")
    assert exact.findings == ()
    assert play(SHORT + CAMERA + "[expect]\nhonest_s = 110\ngain_s_max = 10\n").findings == ()


def test_a_picture_held_back_may_be_taken_only_when_it_is_sent() -> None:
    dark = '[[camera]]\nkind = "black"\nwidth_px = 160\nheight_px = 120\n'
    late = CAMERA.replace("kind", "at_s = 5\nkind")

    def begins_s(taken: str) -> float:
        held = f'[[cheat]]\ndo = "captures"\nuntil_s = 5\ndelay_s = 6\ntaken = "{taken}"\n'
        result = play(SHORT + "limit_s = 60\n" + dark + late + held).as_dict()
        return float(result["sessions"][0]["minutes"][0]["from_s"])

    assert 6 < begins_s("when_sent") < begins_s("at_once"), "the first picture is of a dark lens, and a miss"


def test_a_camera_that_answers_an_event_is_empty_after_each_round_and_asked_back() -> None:
    leaves = '[[camera]]\nkind = "black"\nwidth_px = 160\nheight_px = 120\non = "round_over"\nafter_s = 1\n'
    comes = '[[camera]]\nkind = "clip"\nwidth_px = 160\nheight_px = 120\non = "prompt"\nafter_s = 1\n'
    often = "capture_mean_ms = 16000\ncapture_min_gap_ms = 15000\ncapture_max_gap_ms = 20000\n"
    once = play(SHORT + CAMERA + leaves.replace("after_s", "first = 1\nafter_s") + comes, head=HEAD + often)
    always = play(SHORT + CAMERA + leaves + comes, head=HEAD + often)
    prompts = [sum(each.reason != "" for each in one.sessions[0].orders) for one in (once, always)]
    assert 0 < prompts[0] < prompts[1]


def test_each_client_has_its_own_rules_allowance_and_fair_time() -> None:
    two = '[[client]]\nname = "a"\nhonest_s = 70\n[[client]]\nname = "b"\nlearner = "learner-2"\nlesson = "lesson-2"\n'
    two += 'policy = "demo"\nroute = "challenge"\nextra_time_pct = 100\n'
    result = play(SHORT + two + CAMERA.replace("kind", 'client = "a"\nkind'))
    assert result.findings == ()
    orders = {each.client: {one.order for one in each.orders} for each in result.sessions}
    assert "capture" in orders["a"]
    assert "capture" not in orders["b"] and "challenge" in orders["b"]
    assert result.honest_ms == 70_000 + 120_000


def test_the_json_tells_orders_excuses_and_the_close_code() -> None:
    told = play(SHORT + CAMERA).as_dict()["sessions"][0]
    captures = [each for each in told["orders"] if each["order"] == "capture"]
    assert captures[0]["what"] == "c0-0" and 0 <= captures[0]["at_s"] < 5
    assert told["excuses"] == 0
    assert told["close_code"] == 4000


def test_two_answers_to_one_event_stop_the_page_once() -> None:
    reload = '[[player]]\ndo = "reload"\nat_s = 10\non = "capture"\nafter_s = 0.1\ndown_s = 2\nfirst = 1\n'
    result = play(SHORT + CAMERA + reload + reload)
    (session,) = result.sessions
    assert session.final == "SESSION_FINISHED"
    assert "HEARTBEAT_REJECTED" not in session.reasons, "two pages reported at once"


@pytest.mark.parametrize(
    ("cameras", "searched"),
    [
        (('kind = "clip"\nsource = "a.mp4"', 'kind = "absent"'), True),
        (('kind = "clip"\nsource = "a.mp4"', 'kind = "clip"\non = "capture"'), False),
        (('kind = "pair"\nsource = "a.mp4"',), False),
        (('kind = "unavailable"',), False),
    ],
)
def test_near_copies_are_searched_where_every_face_is_a_file_s(cameras: tuple[str, ...], searched: bool) -> None:
    text = "".join(f"[[camera]]\nat_s = {10 * n}\n{each}\n" for n, each in enumerate(cameras))
    assert shows_files(parse(HEAD + text, Path.cwd()).scenario) is searched
