"""Erasure: proofs pass, openings fail, and nothing of the learner is left in any file."""

import base64
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support.evidence_folder import INSTITUTION, LEARNER, Recorded, record_session
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.outbox import PosixOutbox
from zaichang.cli import erase as erase_command
from zaichang.cli import main

ALGORITHMS = ("md5", "sha1", "sha256", "sha512")


def traces(root: Path, secret: str) -> list[str]:
    """Name every file below ``root`` that holds ``secret``, or a bare hash of it, in any usual spelling."""
    needles = {secret.encode()}
    for name in ALGORITHMS:
        digest = hashlib.new(name, secret.encode(), usedforsecurity=False)
        needles |= {digest.digest(), digest.hexdigest().encode(), base64.b64encode(digest.digest())}
    found = []
    for path in sorted(root.rglob("*")):
        if secret in path.name or (path.is_file() and any(needle in path.read_bytes() for needle in needles)):
            found.append(str(path.relative_to(root)))
    return found


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    made = record_session(tmp_path / "data", minutes=3)
    line = b'{"institution":"inst-1","learner":"learner-1","minute":0,"session":"' + made.session_id.encode() + b'"}\n'
    other = line.replace(b"learner-1", b"learner-9")
    PosixOutbox(made.folder).append([line, other], 1_700_000_000_000)
    return made


def erase(recorded: Recorded, *more: str) -> int:
    return main(["erase", LEARNER, "--institution", INSTITUTION, "--data", str(recorded.folder.root), *more])


def test_the_log_never_holds_a_pseudonym_or_its_bare_hash(recorded: Recorded) -> None:
    assert traces(recorded.folder.log, LEARNER) == []
    # The search can find: the database holds the pseudonym, which is its job.
    assert "zaichang.sqlite3" in " ".join(traces(recorded.folder.root, LEARNER))


def test_after_erasure_proofs_pass_openings_fail_and_no_file_remembers(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, trust, bundle = str(recorded.folder.root), tmp_path / "trust", tmp_path / "bundle"
    trust.write_bytes(recorded.trust)
    export = ["export", recorded.session_id, "--data", data, "--out", str(bundle)]
    assert main(export) == 0
    salts = [json.loads(line)["salt"] for line in bundle.read_text().splitlines() if '"salt"' in line]
    request = tmp_path / "request.pdf"
    request.write_bytes(b"please forget me")
    assert erase(recorded, "--basis", "pipl-47", "--request", str(request), "--json") == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["sessions"] == 1

    assert traces(recorded.folder.root, LEARNER) == []
    assert [salt for salt in salts if traces(recorded.folder.root, salt)] == []
    assert main(export) == 2
    assert "learner.erased" in capsys.readouterr().err
    assert main([*export, "--openings", "nothing"]) == 0
    capsys.readouterr()
    checks_before = main(["verify", str(bundle), "--trust", str(trust), "--json"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert checks_before == 2
    assert {line["check"] for line in lines if line["ok"]} >= {"checkpoint", "inclusion", "chain"}
    assert not any(line.get("status") == "fail" for line in lines)
    assert main(["verify", str(recorded.log_root), "--trust", str(trust)]) == 0

    outbox = min(recorded.folder.outbox.glob("*.jsonl")).read_text().splitlines()
    assert json.loads(outbox[0])["learner"] == "-" * len(LEARNER)
    assert json.loads(outbox[1])["learner"] == "learner-9"
    leaf = next(
        path.read_bytes()
        for path in recorded.folder.log.rglob("tile/entries/000.p/*")
        if b"erasure" in path.read_bytes()
    )
    assert b'"basis":"pipl-47"' in leaf
    assert hashlib.sha256(b"please forget me").hexdigest().encode() in leaf
    assert erase(recorded) == 2
    assert "learner.unknown" in capsys.readouterr().err


def test_a_legal_hold_is_respected(recorded: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    assert erase(recorded, "--hold", "case-2026-17") == 0
    assert erase(recorded) == 2
    assert "erase.hold" in capsys.readouterr().err
    assert traces(recorded.folder.root, LEARNER) != []
    assert erase(recorded, "--release") == 0
    assert erase(recorded) == 0


def test_a_running_service_keeps_its_data(recorded: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    service = DataFolder(recorded.folder.root)
    service.lock()
    try:
        assert erase(recorded) == 2
        assert "storage.locked" in capsys.readouterr().err
    finally:
        service.unlock()


def test_a_crash_before_the_leaf_is_made_good_by_the_next_run(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from zaichang.log.shelf import SequencedLog

    async def crash(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SequencedLog, "submit", crash)
        assert erase(recorded) == 130
    assert traces(recorded.folder.root, LEARNER) == []
    pending = list((recorded.folder.root / "erasures").rglob("erased-*"))
    assert len(pending) == 1
    leaf = pending[0].read_bytes()
    assert erase(recorded) == 2
    assert list((recorded.folder.root / "erasures").rglob("erased-*")) == []
    assert any(leaf in path.read_bytes() for path in recorded.folder.log.rglob("tile/entries/000.p/*"))


def test_a_record_that_a_crash_kept_out_of_the_log_is_not_erased(
    recorded: Recorded, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(recorded.folder.database)) as database, database:
        database.execute("UPDATE leaves SET entry_index = NULL WHERE kind = 'session.final'")
    assert erase(recorded) == 2
    assert "erase.not_in_log" in capsys.readouterr().err
    assert traces(recorded.folder.root, LEARNER) != []
    assert list((recorded.folder.root / "erasures").rglob("erased-*")) == []
    assert erase(recorded, "--scope", "biometrics") == 0, "the record stays"


def test_biometrics_alone_are_erased_and_the_record_still_verifies(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, trust, bundle = str(recorded.folder.root), tmp_path / "trust", tmp_path / "bundle"
    trust.write_bytes(recorded.trust)
    assert erase(recorded, "--scope", "biometrics") == 0
    assert "references and captures of 1 sessions" in capsys.readouterr().out
    assert main(["export", recorded.session_id, "--data", data, "--out", str(bundle)]) == 0
    assert main(["verify", str(bundle), "--trust", str(trust)]) == 0
    assert main(["verify", str(recorded.log_root), "--trust", str(trust)]) == 0
    assert traces(recorded.folder.root, LEARNER) != [], "the record stays under the pseudonym"


def test_a_running_service_needs_the_reviewer_s_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["erase", "p", "--service", "http://127.0.0.1:9"]) == 3
    assert "erase.key" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("state", "entry", "by_ms", "told"),
    [
        ("proposed", None, None, "proposed: e1; another reviewer confirms it with --confirm e1"),
        ("done", 7, None, "done: 2 sessions; told in the log at index 7"),
        (
            "confirmed",
            None,
            1_780_281_000_000,
            "confirmed: carried out, and told in the log, by 2026-06-01 10:30:00 (China's time); where the learner "
            "begins another session, half an hour after its end at most",
        ),
        ("confirmed", None, None, "confirmed: carried out once all records of the learner are in the log"),
    ],
)
def test_the_answer_says_whether_it_is_done_and_by_when(
    state: str,
    entry: int | None,
    by_ms: int | None,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = {"erasure": "e1", "state": state, "sessions": 2, "entry": entry, "in_log_by_ms": by_ms}
    monkeypatch.setattr(erase_command, "ask", lambda *_: answer)
    (tmp_path / "key").write_text("k")
    where = ["--service", "http://127.0.0.1:9", "--key-file", str(tmp_path / "key")]
    assert main(["erase", "--confirm", "e1", *where]) == 0
    assert " ".join(capsys.readouterr().out.split()) == told
