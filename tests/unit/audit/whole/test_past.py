"""A log's past and its newest state: cosigned checkpoints, first sights, and leaves that nothing dates."""

from __future__ import annotations

from support.cosigned import ONE, TWO, both, checkpoint_of
from support.evidence_bundle import AT_MS, ORIGIN, SIGNER
from support.log_sessions import SmallLog
from support.small_logs import TRUST, files_of
from zaichang.audit.check import Check, Status
from zaichang.audit.history import history_line
from zaichang.audit.log_scan import scan_log
from zaichang.core.enums import LeafKind
from zaichang.tlog import leaf
from zaichang.tlog.tiles import tiles_of
from zaichang.tlog.trust import Trust

DAY_MS = 86_400_000
WITNESSED = both(SIGNER)


def log_of(sessions: int, at_ms: int = AT_MS) -> SmallLog:
    log = SmallLog(at_ms=at_ms)
    for n in range(sessions):
        log.whole(f"s{n}")
    return log


def open_ends(
    files: dict[str, bytes], trust: Trust = WITNESSED, sights: bytes = b""
) -> list[tuple[str, str | None, int | None]]:
    checks = scan_log(files.get, trust, first_sights=sights)
    return [(check.status.value, check.code, check.index) for check in checks if check.status is not Status.PASS]


def messages(files: dict[str, bytes], trust: Trust = WITNESSED) -> list[str]:
    return [check.message for check in scan_log(files.get, trust)]


def grown(now: int = 230, before: int = 100, at_ms: int = AT_MS) -> dict[str, bytes]:
    """Return a running log: signed at its newest size, cosigned at an earlier one whose partial tiles are gone."""
    log = log_of(now, at_ms)
    cosigned = checkpoint_of(SIGNER, log.leaves[: 3 * before], (ONE, at_ms + 300_000), (TWO, at_ms + 301_000))
    return {**files_of(log.leaves), "checkpoint.witnessed": cosigned}


def test_a_running_log_is_checked_up_to_its_cosigned_checkpoint() -> None:
    files = grown()
    assert not {tile.path() for tile in tiles_of(300)} <= files.keys()
    assert open_ends(files) == []
    assert "390 newer leaves wait for the next round of the witnesses and are not checked." in messages(files)
    del files["checkpoint.witnessed"]
    assert open_ends(files) == [("undecided", "E_QUORUM", None)]


def test_a_newest_checkpoint_of_another_log_is_a_fork() -> None:
    files, other = grown(), files_of([*log_of(200).leaves, *log_of(30, AT_MS + 5).leaves])
    files["checkpoint"] = other["checkpoint"]
    assert ("fail", "E_FORK", None) in open_ends(files)
    files = {**files_of(log_of(90).leaves), "checkpoint.witnessed": grown()["checkpoint.witnessed"]}
    assert open_ends(files) == [("fail", "E_CONSISTENCY", None)]


def test_leaves_that_no_kept_checkpoint_dates_are_undecided_together() -> None:
    log = log_of(20)
    note = checkpoint_of(SIGNER, log.leaves, (ONE, AT_MS + 2 * DAY_MS), (TWO, AT_MS + 2 * DAY_MS))
    files = {**files_of(log.leaves), "checkpoint": note}
    assert open_ends(files) == [("undecided", "E_TIME_LATE", None)]
    assert any(
        message.startswith("60 leaves, the first at index 0: no checkpoint is kept") for message in messages(files)
    )
    early = checkpoint_of(SIGNER, log.leaves[:30], (ONE, AT_MS + 60_000), (TWO, AT_MS + 60_000))
    files["checkpoint.history"] = history_line(early)
    assert any(message.startswith("30 leaves, the first at index 30") for message in messages(files))
    one_only = checkpoint_of(SIGNER, log.leaves, (ONE, AT_MS + 60_000))
    files["checkpoint.history"] += b"\n" + history_line(one_only)
    assert open_ends(files) == [("undecided", "E_TIME_LATE", None)], "one witness of two dates nothing"
    whole = checkpoint_of(SIGNER, log.leaves, (ONE, AT_MS + 60_000), (TWO, AT_MS + 61_000))
    files["checkpoint.history"] += b"\n" + history_line(whole)
    assert open_ends(files) == []


def test_one_dishonest_witness_of_two_cannot_date_a_log_back() -> None:
    """Records made today are dated 20 days back, and one of the two witnesses states that it saw them then."""
    log = log_of(20, AT_MS - 20 * DAY_MS)
    note = checkpoint_of(SIGNER, log.leaves, (ONE, AT_MS - 20 * DAY_MS + 60_000), (TWO, AT_MS))
    files = {**files_of(log.leaves), "checkpoint": note, "checkpoint.history": history_line(note)}
    assert {code for _, code, _ in open_ends(files)} == {"E_TIME_LATE"}
    assert ("fail", "E_TIME_LATE", 0) in open_ends(files)


def test_no_session_is_older_than_the_log_s_key() -> None:
    key = leaf.record(LeafKind.KEY, ORIGIN, AT_MS, action="add", role="log", vkey=SIGNER.vkey, from_size=0)
    policy = leaf.record(LeafKind.POLICY, ORIGIN, AT_MS, name="p", digest=bytes(32))
    log = SmallLog(leaves=[key, policy])
    log.whole("young")
    log.at_ms = AT_MS - 20 * DAY_MS
    log.start("old")
    checks: list[Check] = scan_log(files_of(log.leaves).get, TRUST)
    (found,) = (check for check in checks if check.status is Status.FAIL)
    assert (found.code, found.index, found.message) == ("E_TIME_LOW", 5, "The leaf is dated before the log had a key.")
