"""The watch over a log: sound rounds, late cosignatures, a source that is away, and a fork with its proof."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cosigned import ONE, TWO, both, checkpoint_of
from support.evidence_bundle import AT_MS, SIGNER
from support.log_sessions import SmallLog
from support.small_logs import TRUST, files_of
from zaichang.audit.log_scan import ScanOptions
from zaichang.audit.source import verify_path
from zaichang.audit.whole.stamps import TIMESTAMPS, Stamp, stamp_line
from zaichang.cli import main
from zaichang.core.errors import EvidenceError, StorageError
from zaichang.log.watch.monitor import Monitor, Round, metrics_text
from zaichang.main import logs
from zaichang.tlog.trust import Trust


class Served:
    """A log whose files a test changes."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.away = False

    def get(self, name: str) -> bytes | None:
        if self.away:
            raise StorageError("mirror.source", "away")
        return self.files.get(name)


def log_of(sessions: int, at_ms: int = AT_MS) -> SmallLog:
    log = SmallLog(at_ms=at_ms)
    for n in range(sessions):
        log.whole(f"s{n}")
    return log


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Monitor]:
    def make(served: Served, trust: Trust = TRUST, now_s: int = AT_MS // 1000) -> Monitor:
        monkeypatch.setattr(logs, "FolderSource", lambda _: served)
        into = tmp_path / "copy"
        made = logs.open_monitor("folder", into, trust, lambda: verify_path(into, trust), 900)
        made._now_s = lambda: now_s
        return made

    return make


def codes(result: Round) -> list[str]:
    return [alarm.code for alarm in result.alarms]


def test_a_sound_log_raises_no_alarm_and_is_scanned_when_it_grew(watch: Callable[..., Monitor]) -> None:
    served = Served(files_of(log_of(20).leaves))
    monitor = watch(served)
    first = monitor.round()
    assert (first.size, codes(first), first.cosigned_age_s, first.fork) == (60, [], None, None)
    served.files = files_of(log_of(30).leaves)
    assert monitor.round().size == 90
    served.away = True
    away = monitor.round()
    assert (away.size, codes(away)) == (90, ["mirror.source"])


def test_a_log_that_changed_its_past_is_a_fork_with_a_proof(watch: Callable[..., Monitor], tmp_path: Path) -> None:
    log = log_of(100)
    served = Served(files_of(log.leaves[:150]))
    monitor = watch(served)
    monitor.round()
    other = [*log.leaves[:120], *log_of(60, AT_MS + 7).leaves]
    for changed in (files_of(other), files_of(other[:150])):
        served.files = changed
        result = monitor.round()
        assert codes(result)[0] in ("E_CONSISTENCY", "E_FORK")
        assert result.fork is not None
        proof = tmp_path / "fork.json"
        proof.write_bytes(result.fork)
        assert main(["verify", str(proof), "--log-key", SIGNER.vkey]) == 1
        assert json.loads(result.fork)["format"] == "zaichang-fork@v1"
    served.files = {**files_of(other), "tile/0/000": bytes(32 * 256)}
    assert monitor.round().fork is None, "tiles that do not give the signed root prove nothing"
    served.files = {name: data for name, data in files_of(other).items() if "tile/0" not in name}
    assert monitor.round().fork is None
    served.files = files_of(log.leaves[:90])
    shrunk = monitor.round()
    assert (codes(shrunk), shrunk.fork) == (["E_CONSISTENCY"], None), "an old state alone proves no fork"


def test_a_growing_log_whose_cosignature_is_old_is_an_alarm(watch: Callable[..., Monitor]) -> None:
    log = log_of(40)
    cosigned = checkpoint_of(SIGNER, log.leaves[:60], (ONE, AT_MS + 60_000), (TWO, AT_MS + 60_000))
    served = Served({**files_of(log.leaves[:60]), "checkpoint": cosigned, "checkpoint.witnessed": cosigned})
    monitor = watch(served, both(SIGNER), AT_MS // 1000 + 4_000)
    quiet = monitor.round()
    assert (codes(quiet), quiet.cosigned_age_s) == ([], 3_940)
    served.files = {**files_of(log.leaves), "checkpoint.witnessed": cosigned}
    assert codes(monitor.round()) == ["E_AGE"]


def test_a_log_that_never_was_there_is_an_alarm(watch: Callable[..., Monitor]) -> None:
    result = watch(Served({})).round()
    assert (result.origin, codes(result), result.fork) == ("", ["E_FORMAT"], None)
    assert "zaichang_monitor_alarms 1\n" in metrics_text(result, 5)


def test_time_stamps_are_checked_where_the_reader_names_the_authority(tmp_path: Path) -> None:
    """A stamp that proves nothing, and an authority that has not stamped the growing log for hours."""
    served, source, into = files_of(log_of(20).leaves), tmp_path / "log", tmp_path / "copy"
    stamps = {b"good": AT_MS + 1_000}

    def stamped_ms(note: bytes, response: bytes) -> int:
        if response not in stamps:
            raise EvidenceError("E_STAMP", "The time stamp is not valid.")
        return stamps[response]

    def show(files: dict[str, bytes], *responses: bytes) -> None:
        kept = b"".join(stamp_line(Stamp(note=served["checkpoint"], response=each)) + b"\n" for each in responses)
        for path, data in {**files, TIMESTAMPS: kept}.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(data)

    options = ScanOptions(deep=True, stamped_ms=stamped_ms)
    scan = lambda: verify_path(into, TRUST, options=options)  # noqa: E731
    monitor = logs.open_monitor(str(source), into, TRUST, scan, 900, stamped_ms=stamped_ms)
    monitor._now_s = lambda: AT_MS // 1000 + 7_300
    show(served)
    assert codes(monitor.round()) == ["E_STAMP"], "a log without stamps is undecided"
    show(served, b"good")
    sound = monitor.round()
    assert (codes(sound), sound.stamped_age_s) == ([], 7_299), "a stamp arrives without a new record"
    assert "zaichang_monitor_stamped_age_seconds" in metrics_text(sound, 1)
    show(served, b"good", b"forged")
    assert codes(monitor.round()) == ["E_STAMP"]
    show(files_of(log_of(30).leaves), b"good")
    late = monitor.round()
    assert [alarm.message for alarm in late.alarms if alarm.code == "E_AGE"] == [
        "The log has grown past size 60, which was time-stamped 121 minutes ago."
    ]
