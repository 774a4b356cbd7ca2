"""Time stamps of a log: held to the log, and to the dates of its leaves. An institution with every key forges none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from support.cosigned import checkpoint_of
from support.evidence_bundle import AT_MS, ORIGIN, SIGNER
from support.log_sessions import SmallLog
from support.small_logs import TRUST, files_of
from zaichang.audit.check import Check, Status
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.audit.whole.stamps import TIMESTAMPS, Stamp, parse_stamps, stamp_line
from zaichang.core.errors import EvidenceError
from zaichang.core.units import ROUND_MS
from zaichang.tlog.keys import Ed25519Signer

DAY_MS = 86_400_000
Open = list[tuple[str, str | None, int | None]]


def stamped_ms(note: bytes, response: bytes) -> int:
    """Stand in for an authority: its answers are the note's length and the time."""
    length, _, at_ms = response.decode().partition(" ")
    if length != str(len(note)):
        raise EvidenceError("E_STAMP", "The time stamp is not valid.")
    return int(at_ms)


def stamp(leaves: Sequence[bytes], at_ms: int, signer: Ed25519Signer = SIGNER) -> bytes:
    note = checkpoint_of(signer, leaves)
    return stamp_line(Stamp(note=note, response=f"{len(note)} {at_ms}".encode()))


def log_of(sessions: int, at_ms: int = AT_MS) -> SmallLog:
    log = SmallLog(at_ms=at_ms)
    for n in range(sessions):
        log.whole(f"s{n}")
    return log


LOG = log_of(20)
SOON_MS = AT_MS + 60_000


def checks(log: SmallLog, *lines: bytes, believed: bool = True, now_s: int | None = None) -> list[Check]:
    files = {**files_of(log.leaves), TIMESTAMPS: b"\n".join(lines)}
    options = ScanOptions(stamped_ms=stamped_ms if believed else None)
    return scan_log(files.get, replace(TRUST, now_s=now_s), options)


def open_ends(log: SmallLog, *lines: bytes, now_s: int | None = None) -> Open:
    found = checks(log, *lines, now_s=now_s)
    return [(each.status.value, each.code, each.index) for each in found if each.status is not Status.PASS]


def messages(found: list[Check], name: str) -> list[str]:
    return [each.message for each in found if each.check == name and each.status is Status.PASS]


def test_honest_stamps_pass_and_are_counted() -> None:
    found = checks(LOG, stamp(LOG.leaves[:30], SOON_MS), stamp(LOG.leaves, SOON_MS + 3_600_000), b'{"note":"cut o')
    assert all(each.status is Status.PASS for each in found)
    (message,) = messages(found, "stamp")
    assert message.startswith("2 time stamps, from 2026-09-21 22:14:20 to 2026-09-21 23:14:20")


def test_without_an_authority_they_are_said_not_to_be_checked_and_none_at_all_is_undecided() -> None:
    found = checks(LOG, stamp(LOG.leaves, SOON_MS), believed=False)
    assert messages(found, "stamps not checked")[0].startswith("1 time stamps are not checked")
    assert all(each.status is Status.PASS for each in checks(LOG, believed=False))
    assert open_ends(LOG) == [("undecided", "E_STAMP", None)]


def test_another_s_answer_is_undecided_and_costs_no_finding() -> None:
    foreign = stamp_line(Stamp(note=checkpoint_of(SIGNER, LOG.leaves), response=b"1 1"))
    assert open_ends(LOG, foreign) == [("undecided", "E_STAMP", None)]
    assert open_ends(LOG, stamp(LOG.leaves, SOON_MS), now_s=SOON_MS // 1000 - 400) == [("undecided", "E_STAMP", None)]


@pytest.mark.parametrize("believed", [True, False])
def test_a_stamped_checkpoint_of_a_rewritten_log_is_a_fork_also_without_an_authority(believed: bool) -> None:
    other = log_of(7, AT_MS + ROUND_MS)
    for leaves in (other.leaves, log_of(21).leaves):
        found = checks(LOG, stamp(leaves, SOON_MS), believed=believed)
        assert ("E_CONSISTENCY", Status.FAIL) in [(each.code, each.status) for each in found]


def test_a_stranger_s_checkpoint_is_no_stamp_of_this_log() -> None:
    stranger = Ed25519Signer(ORIGIN, b"\x33" * 32)
    assert [code for _, code, _ in open_ends(LOG, stamp(LOG.leaves, SOON_MS, stranger))] == ["E_NOTE_SIG"]


def test_leaves_written_afterwards_under_an_old_date_are_found() -> None:
    """With every key: leaves of a month ago are written today. The stamp in between shows the log without them."""
    lines = stamp(LOG.leaves[:30], AT_MS + 3 * DAY_MS), stamp(LOG.leaves, AT_MS + 4 * DAY_MS)
    assert open_ends(LOG, *lines) == [("fail", "E_TIME_LATE", index) for index in range(30, 60)]


def test_leaves_dated_ahead_of_a_stamp_that_covers_them_are_found() -> None:
    ahead = open_ends(LOG, stamp(LOG.leaves, AT_MS - DAY_MS))
    assert {(status, code) for status, code, _ in ahead} == {("fail", "E_TIME_LATE")} and len(ahead) == 60


def test_an_authority_that_was_away_costs_nothing() -> None:
    assert open_ends(LOG, stamp(LOG.leaves, AT_MS + 30 * DAY_MS)) == []


def test_a_line_is_read_back() -> None:
    made = Stamp(note=b"note\n", response=b"\x00\xff")
    assert parse_stamps(stamp_line(made) + b"\n{}\n" + b'{"note":"a","response":"?"}') == [made]
