"""A log's shelf with witnesses: cosigned while it runs, stopped where a witness knows more."""

import asyncio
import shutil
from pathlib import Path

import pytest

from support.witness_server import COSIGNER, NOW_S
from support.witness_server import serving as serving_logs
from zaichang.adapters.keys.log_keys import load_or_create_log_key
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import ConfigError, FatalLogError, StorageError
from zaichang.log import witnessing
from zaichang.log.shelf import LogShelf, SequencedLog
from zaichang.log.witness_client import witnessed
from zaichang.log.witnessing import parse_peer
from zaichang.main.logs import FolderLogs
from zaichang.ports.log.places import LogPlace
from zaichang.tlog.trust import parse_trust

ORIGIN = "hours.example.org/inst-1/2023"


class Clock:
    def __init__(self) -> None:
        self.ms = 1_700_000_000_000

    def now_ms(self) -> int:
        self.ms += 1
        return self.ms


def shelf(folder: DataFolder, clock: Clock, fatal: list[FatalLogError], url: str) -> LogShelf:
    peers = [parse_peer(f"{url} {COSIGNER.vkey}")]
    return LogShelf(FolderLogs(folder), "hours.example.org", clock, fatal.append, 10, peers)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    monkeypatch.setattr(witnessing.keep_witnessed_while_running, "__defaults__", (0.01,))
    monkeypatch.setattr(witnessing.last_round, "__defaults__", (60.0,))  # on a busy machine five seconds pass
    made = DataFolder(tmp_path / "data")
    made.prepare()
    return made


async def until_witnessed(place: LogPlace, trust: bytes, log: SequencedLog) -> int:
    """Wait until the published log is cosigned whole; return its size."""
    from zaichang.core.errors import NotFound

    size = log.sequencer.checkpoint.checkpoint.size
    async with asyncio.timeout(20):
        while True:
            try:
                if parse_trust(trust).open_checkpoint(witnessed(place.side_files)).checkpoint.size == size:
                    return size
            except NotFound:
                pass
            await asyncio.sleep(0.01)


async def test_a_running_log_is_cosigned_and_a_restored_one_stops(folder: DataFolder, tmp_path: Path) -> None:
    vkey = load_or_create_log_key(folder.keys / "log-inst-1-2023.key", ORIGIN).vkey
    trust = f"log {vkey}\nwitness w {COSIGNER.vkey}\nquorum w\n".encode()
    place = FolderLogs(folder).place("inst-1", 2023)
    clock, fatal = Clock(), list[FatalLogError]()
    with serving_logs(tmp_path, [vkey]) as url:
        logs = shelf(folder, clock, fatal, url)
        log = await logs.log_for("inst-1", clock.ms)
        await log.submit(("s", 0), b"leaf 0")
        sizes = [await until_witnessed(place, trust, log)]
        await logs.close()
        backup = tmp_path / "backup"
        shutil.copytree(folder.root, backup)

        logs = shelf(folder, clock, fatal, url)
        log = await logs.log_for("inst-1", clock.ms)
        for number in (1, 2):
            await log.submit(("s", number), b"leaf %d" % number)
            sizes.append(await until_witnessed(place, trust, log))
        assert sizes == [2, 3, 4], "the log's key is its first leaf"
        async with asyncio.timeout(20):
            while (anchor := log.anchor()) is None or anchor.size != 4:
                await asyncio.sleep(0.01)
        await logs.close()
        assert fatal == []

        restored = shelf(DataFolder(backup), clock, fatal, url)
        with pytest.raises(FatalLogError) as caught:
            await restored.log_for("inst-1", clock.ms)
        assert caught.value.code == "log.rolled_back"
        await restored.close()


async def test_a_witness_that_is_away_stops_nothing(
    folder: DataFolder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving_logs(tmp_path, []) as url:
        pass
    fatal = list[FatalLogError]()
    logs = shelf(folder, Clock(), fatal, url)
    log = await logs.log_for("inst-1", 1_700_000_000_000)
    assert await log.submit(("s", 0), b"leaf") == 1
    async with asyncio.timeout(20):
        while "is not reached" not in caplog.text:
            await asyncio.sleep(0.01)
    await logs.close()
    assert fatal == []


async def test_where_a_witness_is_required_the_log_stays_shut_until_one_answers(
    folder: DataFolder, tmp_path: Path
) -> None:
    clock, fatal = Clock(), list[FatalLogError]()
    with serving_logs(tmp_path, []) as url:
        pass
    peers = [parse_peer(f"{url} {COSIGNER.vkey}")]

    def required(witnesses: list[witnessing.WitnessPeer]) -> LogShelf:
        rule = witnessing.StartRule.REQUIRE
        return LogShelf(FolderLogs(folder), "hours.example.org", clock, fatal.append, 10, witnesses, None, rule)

    # A log that looks new may be one whose disk was lost: it too waits.
    shut = required(peers)
    with pytest.raises(StorageError) as caught:
        await shut.log_for("inst-1", clock.ms)
    assert caught.value.code == "witness.none_reached"
    await shut.close()
    vkey = load_or_create_log_key(folder.keys / "log-inst-1-2023.key", ORIGIN).vkey
    with serving_logs(tmp_path, [vkey]) as alive:
        one_of_two = required([*peers, parse_peer(f"{alive} {COSIGNER.vkey}")])
        assert await (await one_of_two.log_for("inst-1", clock.ms)).submit(("s", 0), b"leaf") == 1
        await one_of_two.close()
    assert fatal == []


async def test_a_log_that_lost_what_a_witness_saw_stops_while_running(folder: DataFolder, tmp_path: Path) -> None:
    vkey = load_or_create_log_key(folder.keys / "log-inst-1-2023.key", ORIGIN).vkey
    place = FolderLogs(folder).place("inst-1", 2023)
    clock, fatal = Clock(), list[FatalLogError]()
    with serving_logs(tmp_path, [vkey]) as url:
        logs = shelf(folder, clock, fatal, url)
        log = await logs.log_for("inst-1", clock.ms)
        old = place.published.get("checkpoint") or b""
        await log.submit(("s", 0), b"leaf 0")
        await log.submit(("s", 1), b"leaf 1")
        peers = [parse_peer(f"{url} {COSIGNER.vkey}")]
        await logs.close()
        witnessing.cosign_round(place, peers, {})  # where the log's own round has not shown it to the witness already
        (folder.log / "inst-1/2023/public/checkpoint").write_bytes(old)
        with pytest.raises(FatalLogError) as caught:
            witnessing.cosign_round(place, peers, {})
        assert caught.value.code == "log.rolled_back"


@pytest.mark.parametrize("text", ["", "http://127.0.0.1:1", "http://127.0.0.1:1 nonsense"])
def test_a_witness_that_is_not_named_properly_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_peer(text)
    assert caught.value.code == "witness.peer"


async def test_the_last_leaves_are_cosigned_at_the_shutdown(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnessing.keep_witnessed_while_running, "__defaults__", (3_600.0,))
    vkey = load_or_create_log_key(folder.keys / "log-inst-1-2023.key", ORIGIN).vkey
    trust = f"log {vkey}\nwitness w {COSIGNER.vkey}\nquorum w\n".encode()
    place = FolderLogs(folder).place("inst-1", 2023)
    clock, fatal = Clock(), list[FatalLogError]()
    with serving_logs(tmp_path, [vkey]) as url:
        logs = shelf(folder, clock, fatal, url)
        log = await logs.log_for("inst-1", clock.ms)
        await log.submit(("s", 0), b"leaf 0")
        await logs.close()
        size = log.sequencer.checkpoint.checkpoint.size
        assert parse_trust(trust).open_checkpoint(witnessed(place.side_files)).checkpoint.size == size
    gone = await witnessing.last_round(place, [parse_peer(f"http://127.0.0.1:9 {COSIGNER.vkey}")])
    assert gone is None, "a witness that is away holds nothing up"


async def test_a_clock_ahead_of_the_witness_opens_no_service(folder: DataFolder, tmp_path: Path) -> None:
    vkey = load_or_create_log_key(folder.keys / "log-inst-1-2026.key", ORIGIN.replace("2023", "2026")).vkey
    clock, fatal = Clock(), list[FatalLogError]()
    clock.ms = NOW_S * 1000
    with serving_logs(tmp_path, [vkey]) as url:
        logs = shelf(folder, clock, fatal, url)
        await logs.open_existing()  # there is none yet
        await logs.log_for("inst-1", clock.ms)
        await logs.close()
        logs = shelf(folder, clock, fatal, url)
        await logs.open_existing()
        assert logs._open
        clock.ms += 3_600_000
        with pytest.raises(StorageError) as caught:
            await logs.open_existing()
        assert caught.value.code == "log.clock_ahead"
        log = await logs.log_for("inst-1", clock.ms)
        with pytest.raises(StorageError) as caught:
            await log.sequencer.submit(("s", 9), b"leaf")
        assert caught.value.code == "log.clock_ahead", "nothing is signed, and it may be submitted again"
        clock.ms -= 3_600_000
        await log.submit(("s", 9), b"leaf")
        await logs.close()
    assert fatal == []


async def test_a_rolled_back_copy_stops_the_start(folder: DataFolder, tmp_path: Path) -> None:
    vkey = load_or_create_log_key(folder.keys / "log-inst-1-2026.key", ORIGIN.replace("2023", "2026")).vkey
    clock, fatal = Clock(), list[FatalLogError]()
    clock.ms = NOW_S * 1000
    with serving_logs(tmp_path, [vkey]) as url:
        logs = shelf(folder, clock, fatal, url)
        log = await logs.log_for("inst-1", clock.ms)
        await log.submit(("s", 0), b"leaf 0")
        await logs.close()
        shutil.copytree(folder.root, tmp_path / "backup")
        logs = shelf(folder, clock, fatal, url)
        log = await logs.log_for("inst-1", clock.ms)
        await log.submit(("s", 1), b"leaf 1")
        await logs.close()
        logs = shelf(DataFolder(tmp_path / "backup"), clock, fatal, url)
        with pytest.raises(FatalLogError) as caught:
            await logs.open_existing()
        assert caught.value.code == "log.rolled_back"
        await logs.close()
