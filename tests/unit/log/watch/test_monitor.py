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
from zaichang.audit.source import verify_path
from zaichang.cli import main
from zaichang.core.errors import StorageError
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
