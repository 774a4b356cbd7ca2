"""``zaichang log monitor``: alarms to a webhook, figures to a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.decided import two_sessions_of_one_learner
from support.evidence_bundle import SIGNER
from support.hook import listening
from support.log_sessions import SmallLog
from support.small_logs import files_of
from zaichang.audit.bundle import write_bundle
from zaichang.cli import main


def test_alarms_go_to_a_webhook_and_figures_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with listening() as (url, got):
        watched(tmp_path, url, got)
    assert "webhook.refused" in capsys.readouterr().err


def test_double_credit_is_found_over_the_bundles_of_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown, bundles, trust = tmp_path / "log", tmp_path / "bundles", tmp_path / "trust"
    once, twice = two_sessions_of_one_learner()
    for path, data in files_of([entry.leaf for bundle in (once, twice) for entry in bundle.leaves]).items():
        (shown / path).parent.mkdir(parents=True, exist_ok=True)
        (shown / path).write_bytes(data)
    trust.write_text(f"log {SIGNER.vkey}\nquorum none\n")
    bundles.mkdir()
    (bundles / "one.bundle").write_bytes(write_bundle(once))
    command = ["log", "monitor", str(shown), "--into", str(tmp_path / "copy"), "--trust", str(trust)]
    watching = [*command, "--bundles", str(bundles), "--rounds", "1"]
    assert main(watching) == 0
    (bundles / "two.bundle").write_bytes(write_bundle(twice))
    assert main(watching) == 1
    assert "ALARM E_DOUBLE" in capsys.readouterr().err
    assert main([*command, "--rounds", "1"]) == 0, "the leaves alone do not say whose the sessions are"


def watched(tmp_path: Path, url: str, got: list[dict[str, object]]) -> None:
    log = SmallLog()
    for n in range(20):
        log.whole(f"s{n}")
    shown, trust, metrics = tmp_path / "log", tmp_path / "trust", tmp_path / "metrics"
    for path, data in files_of(log.leaves).items():
        (shown / path).parent.mkdir(parents=True, exist_ok=True)
        (shown / path).write_bytes(data)
    trust.write_text(f"log {SIGNER.vkey}\nquorum none\n")
    command = ["log", "monitor", str(shown), "--into", str(tmp_path / "copy"), "--trust", str(trust)]
    options = ["--rounds", "1", "--metrics", str(metrics), "--webhook", f"{url}/alarm?x=1"]
    assert main([*command, *options]) == 0
    assert 'zaichang_monitor_size{origin="' in metrics.read_text()
    assert got == [], "nothing changed, so nothing is told"
    (shown / "checkpoint").write_bytes(b"no note")
    assert main([*command, *options]) == 1
    assert [alarm["code"] for alarm in got[0]["alarms"]] == ["E_NOTE_FORMAT"]  # type: ignore[attr-defined]
    assert main([*command, *options[:-1], f"{url}/bad"]) == 1
    assert main([*command, "--rounds", "1", "--metrics", str(tmp_path / "no" / "file")]) == 3
