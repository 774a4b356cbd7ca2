"""export, verify and log on a data folder with a real session in it."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from support.desk import POLICY
from support.evidence_folder import INSTITUTION, Recorded, record_session
from support.witness_server import COSIGNER, serving
from zaichang.audit.reading.bundle_reader import read_bundle
from zaichang.cli import main
from zaichang.cli.evidence import export
from zaichang.core.canonical import canonical_bytes
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.trust import parse_trust

if TYPE_CHECKING:
    from zaichang.ports.sessions import SessionHistory

AT_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return record_session(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trust(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "trust"
    path.write_bytes(recorded.trust)
    return path


@pytest.fixture(scope="module")
def bundle(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "session.bundle"
    assert main(["export", recorded.session_id, "--data", str(recorded.folder.root), "--out", str(path)]) == 0
    return path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_session_is_exported_and_verified_with_its_verdicts(
    recorded: Recorded, bundle: Path, trust: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sum(minute.verified_ms for minute in recorded.minutes) > 300_000
    assert main(["verify", str(bundle), "--trust", str(trust), "--json"]) == 0
    checks = lines(capsys)
    assert {check["check"] for check in checks} >= {"checkpoint", "inclusion", "chain", "roots", "replay", "schedule"}
    assert checks[-1]["exit"] == 0
    assert bundle.stat().st_mode & 0o077 == 0
    assert main(["verify", str(bundle), "--log-key", trust.read_text().split()[1]]) == 0
    assert "PASS" in capsys.readouterr().out


def test_a_session_with_active_liveness_is_exported_and_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = replace(POLICY, liveness_start=True, liveness_bracket=True, liveness_max_gap_ms=120_000)
    recorded = record_session(tmp_path / "data", policy=policy)
    out, trust = tmp_path / "bundle", tmp_path / "trust"
    trust.write_bytes(recorded.trust)
    assert main(["export", recorded.session_id, "--data", str(recorded.folder.root), "--out", str(out)]) == 0
    assert out.read_bytes().count(rb"\"LivenessAssessed\"") >= 2 and sum(m.verified_ms for m in recorded.minutes)
    capsys.readouterr()
    assert main(["verify", str(out), "--trust", str(trust), "--json"]) == 0
    assert "replay" in {check["check"] for check in lines(capsys)}
    out.write_bytes(out.read_bytes().replace(rb"\"outcome\":\"passed\"", rb"\"outcome\":\"failed\"", 1))
    assert main(["verify", str(out), "--trust", str(trust), "--json"]) == 1
    assert "E_OPENING" in {check.get("code") for check in lines(capsys)}


def test_a_verdict_that_the_rules_do_not_give_is_said_although_every_hash_fits(tmp_path: Path) -> None:
    from support import evidence_folder

    real = evidence_folder.encode_minute

    def generous(minute: object) -> dict[str, object]:
        value = real(minute)
        return {**value, "from_ms": value["from_ms"] + 1} if value["index"] == 2 else value

    evidence_folder.encode_minute = generous
    import zaichang.evidence.segments as segments

    kept, segments.encode_minute = segments.encode_minute, generous
    try:
        recorded = record_session(tmp_path / "data")
    finally:
        evidence_folder.encode_minute, segments.encode_minute = real, kept
    out, trust = tmp_path / "b", tmp_path / "t"
    trust.write_bytes(recorded.trust)
    assert main(["export", recorded.session_id, "--data", str(recorded.folder.root), "--out", str(out)]) == 0
    assert main(["verify", str(out), "--trust", str(trust), "--no-replay"]) == 0
    assert main(["verify", str(out), "--trust", str(trust)]) == 1


def test_less_can_be_opened(recorded: Recorded, trust: Path, tmp_path: Path) -> None:
    out = tmp_path / "b"
    base = ["export", recorded.session_id, "--data", str(recorded.folder.root), "--out", str(out)]
    assert main([*base, "--openings", "records"]) == 0
    assert b'"kind":"event","n"' not in out.read_bytes()
    assert b"learner-1" not in out.read_bytes()
    assert main(["verify", str(out), "--trust", str(trust), "--no-replay"]) == 0
    assert main([*base, "--openings", "nothing"]) == 0
    assert b"verdict" not in out.read_bytes()
    assert main(["verify", str(out), "--trust", str(trust)]) == 2


def test_a_period_is_exported(recorded: Recorded, trust: Path, tmp_path: Path) -> None:
    out = tmp_path / "b"
    base = ["export", "--data", str(recorded.folder.root), "--institution", INSTITUTION, "--out", str(out)]
    for period, code in (("2023-11-15", 0), ("2023-11", 0), ("2023-10", 2), ("2023-11-16", 2)):
        assert main([*base, period]) == code, period
    assert main(["export", "2023-11", "--data", str(recorded.folder.root), "--out", str(out)]) == 2
    assert main(["verify", str(out), "--trust", str(trust)]) == 0


def test_a_period_shows_that_it_is_whole(
    recorded: Recorded, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "b"
    base = ["export", "--data", str(recorded.folder.root), "--institution", INSTITUTION, "--out", str(out)]
    assert main([*base, "2023-11"]) == 0
    capsys.readouterr()
    assert main(["verify", str(out), "--trust", str(trust), "--json"]) == 0
    (check,) = (check for check in lines(capsys) if check["check"] == "period")
    assert check["message"].startswith("1 sessions began in the period")
    # The institution takes the session out of the bundle, and shows its leaves as another's.
    kept = [json.loads(line) for line in out.read_bytes().splitlines()]
    outside = [{"k": "beside", "index": line["index"], "leaf": line["leaf"]} for line in kept if line["k"] == "leaf"]
    kept = [line for line in kept if line["k"] in ("head", "checkpoint", "period", "beside")] + outside
    kept.append({"k": "end", "lines": len(kept) + 1})
    out.write_bytes(b"".join(canonical_bytes(line) + b"\n" for line in kept))
    assert main(["verify", str(out), "--trust", str(trust), "--json"]) == 1
    (found,) = (check for check in lines(capsys) if check.get("code") == "E_INCOMPLETE")
    assert (found["sid"], found["field"]) == (recorded.session_id, "sid")


def test_sessions_of_the_same_millisecond_are_all_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that ends between sessions of one millisecond used to lose the others of it."""
    rows = [SimpleNamespace(opened_ms=AT_MS + n // 8, session_id=f"{n:02x}", state="closed") for n in range(24)]
    asked: list[tuple[int, str]] = []

    class History:
        async def sessions_page(
            self, institution_id: str, learner_id: str, before: tuple[int, str], limit: int
        ) -> list[SimpleNamespace]:
            asked.append(before)
            found = [row for row in rows if (row.opened_ms, row.session_id) < before]
            return sorted(found, key=lambda row: (row.opened_ms, row.session_id), reverse=True)[:limit]

    monkeypatch.setattr(export, "_PAGE", 5)
    found = asyncio.run(export._rows(cast("SessionHistory", History()), "2023-11", "inst-1"))
    assert {row.session_id for row in found} == {row.session_id for row in rows}
    assert len(asked) == 5


def test_one_changed_byte_is_named(
    recorded: Recorded, bundle: Path, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bundle.read_bytes()
    place = data.index(b'playhead_ms\\":') + 14
    bad = tmp_path / "bad"
    bad.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    assert main(["verify", str(bad), "--trust", str(trust), "--json"]) == 1
    finding = next(check for check in lines(capsys) if not check["ok"])
    assert (finding["code"], finding["field"], finding["sid"]) == ("E_OPENING", "playhead_ms", recorded.session_id)
    assert {"origin", "index", "segment", "event"} <= finding.keys()
    assert main(["verify", str(bad), "--trust", str(trust)]) == 1
    text = capsys.readouterr().out
    assert "E_OPENING" in text
    assert "公开的内容" in text


def test_a_log_s_folder_is_verified_by_inspector_and_keeper(
    recorded: Recorded, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = tmp_path / "older"
    older.write_bytes((recorded.log_root / "public/checkpoint").read_bytes())
    for folder in (recorded.log_root, recorded.log_root / "public"):
        command = ["verify", str(folder), "--trust", str(trust), "--older", str(older), "--json"]
        assert main(command) == 0
        assert "consistency" in {check["check"] for check in lines(capsys)}
    assert main(["log", "fsck", "--data", str(recorded.folder.root)]) == 0
    said = capsys.readouterr().out
    assert "sound" in said and f"believed the key {trust.read_text().split()[1]}, from the log's own folder" in said
    other = tmp_path / "other"
    other.write_text(f"log {Ed25519Signer('hours.example.org/inst-1/2023', bytes(32)).vkey}\nquorum none\n")
    assert main(["log", "fsck", "--data", str(recorded.folder.root), "--trust", str(other)]) == 1
    assert f"from {other}" in capsys.readouterr().out
    assert main(["log", "keys", "--data", str(recorded.folder.root)]) == 0
    assert capsys.readouterr().out.encode() == recorded.trust
    assert main(["log", "fsck", "--data", str(tmp_path)]) == 2


def test_fsck_names_a_damaged_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded = record_session(tmp_path / "data", minutes=1)
    path = next((recorded.log_root / "public/tile/entries").rglob("*.p/5"))
    path.write_bytes(path.read_bytes().replace(b"session.start", b"session.stars"))
    assert main(["log", "fsck", "--data", str(recorded.folder.root), "--json"]) == 1
    finding = next(check for check in lines(capsys) if not check["ok"])
    assert (finding["code"], finding["index"], finding["field"]) == ("E_LEAF_HASH", 2, "t")


@pytest.mark.parametrize("name", ["missing", "folder", "empty", "zip", "text", "huge", "trust"])
def test_bad_input_is_said_with_a_code(
    name: str, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif name == "huge":
        with path.open("wb") as file:
            file.truncate(2_000_000_000)
    elif name != "missing":
        path.write_bytes({"empty": b"", "zip": b"PK\x03\x04" + bytes(100), "text": b"hello", "trust": b"?"}[name])
    if name == "trust":
        assert main(["verify", str(trust), "--trust", str(path)]) == 1
    else:
        assert main(["verify", str(path), "--trust", str(trust)]) in (1, 2)
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert "verify." in error or "E_" in error


def test_a_receipt_is_written_and_verified(
    recorded: Recorded, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "r.json"
    assert main(["receipt", recorded.session_id, "--data", str(recorded.folder.root), "--out", str(out)]) == 0
    capsys.readouterr()
    assert out.stat().st_size <= 8_192
    assert main(["verify", str(out), "--trust", str(trust), "--json"]) == 0
    assert {check["check"] for check in lines(capsys)} >= {"checkpoint", "inclusion", "summary"}
    assert main(["receipt", "ff" * 16, "--data", str(recorded.folder.root)]) == 2


def test_a_witnessed_export_meets_the_quorum(
    recorded: Recorded, trust: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request, answer, strict = tmp_path / "request", tmp_path / "answer", tmp_path / "strict"
    name = ["--name", "witness.example.org", "--folder", str(tmp_path / "w")]
    log = ["--log", str(recorded.log_root)]
    assert main(["witness", "key", *name]) == 0
    vkey = capsys.readouterr().out.strip()
    strict.write_text(trust.read_text().replace("quorum none", f"witness w {vkey}\nquorum w"))
    out = tmp_path / "b"
    base = ["export", recorded.session_id, "--data", str(recorded.folder.root), "--out", str(out)]
    assert main([*base, "--witnessed"]) == 2
    assert main(["witness", "request", *log, "--out", str(request)]) == 0
    assert main(["witness", "cosign", *name, "--logs", str(trust), str(request), "--out", str(answer)]) == 0
    assert main(["witness", "add", *log, "--trust", str(strict), str(answer)]) == 0
    assert main(base) == 0
    assert main(["verify", str(out), "--trust", str(strict)]) == 2
    assert "E_QUORUM" in capsys.readouterr().out
    assert main([*base, "--witnessed"]) == 0
    capsys.readouterr()
    # The witness's clock is today's and the session of 2023: the quorum is met, and the delay is what is found.
    assert main(["verify", str(out), "--trust", str(strict), "--json"]) == 1
    found = [check for check in lines(capsys) if not check["ok"] and "code" in check]
    assert {check["code"] for check in found} == {"E_TIME_LATE"}
    assert "back-dated" in found[0]["message"]
    receipt = tmp_path / "r"
    command = ["receipt", recorded.session_id, "--data", str(recorded.folder.root), "--out", str(receipt)]
    assert main([*command, "--witnessed"]) == 0
    assert main(["verify", str(receipt), "--trust", str(strict)]) == 0


def test_an_export_asks_the_witnesses_first(
    recorded: Recorded, trust: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vkey = trust.read_text().split()[1]
    strict, out = tmp_path / "strict", tmp_path / "b"
    strict.write_text(f"log {vkey}\nwitness w {COSIGNER.vkey}\nquorum w\n")
    command = ["export", recorded.session_id, "--data", str(recorded.folder.root), "--out", str(out), "--ask-witnesses"]
    assert main(command) != 0
    with serving(tmp_path, [vkey]) as url:
        monkeypatch.setenv("ZAICHANG_LOG_WITNESSES", f"{url} {COSIGNER.vkey}")
        assert main(command) == 0
    bundle, _ = read_bundle(out.read_bytes())
    assert parse_trust(strict.read_bytes()).open_checkpoint(bundle.checkpoint).checkpoint.size >= 4
