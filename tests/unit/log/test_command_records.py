"""Records that commands left are taken in by the running service."""

import asyncio
from pathlib import Path

from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.posix.record_spool import PosixRecordSpool
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import LeafKind
from zaichang.core.errors import FatalLogError
from zaichang.log.command_records import CommandRecords, log_waiting_records
from zaichang.log.reader import LogReader
from zaichang.log.shelf import LogShelf
from zaichang.main.logs import FolderLogs
from zaichang.tlog.leaf import record

NOW = 1_700_000_000_000
ORIGIN = "hours.example.org/inst-1/2023"


class Clock:
    def now_ms(self) -> int:
        return NOW


def upload(at_ms: int) -> bytes:
    digest = b"\x01" * 32
    return record(
        LeafKind.UPLOAD,
        ORIGIN,
        at_ms,
        target="hnrs",
        from_index=0,
        to_index=1,
        request=digest,
        response=digest,
        status=200,
    )


async def test_what_waits_is_logged_and_forgotten(tmp_path: Path) -> None:
    folder, fatal = DataFolder(tmp_path), list[FatalLogError]()
    folder.prepare()
    spool, logs = PosixRecordSpool(folder), LogShelf(FolderLogs(folder), "hours.example.org", Clock(), fatal.append, 10)
    spool.put("inst-1", upload(NOW))
    keeper = asyncio.create_task(CommandRecords(spool, logs, period_s=0.01).run())
    async with asyncio.timeout(30):
        while spool.all():
            await asyncio.sleep(0.01)
        spool.put("inst-1", upload(NOW + 1))
        while spool.all():
            await asyncio.sleep(0.01)
    keeper.cancel()
    await asyncio.gather(keeper, return_exceptions=True)
    spool.put("inst-1", upload(NOW))
    assert [index for _, index in await log_waiting_records(spool, logs)] == [1], "left again, logged once"
    await logs.close()
    reader = LogReader(FolderLogs(folder).place("inst-1", 2023).published)
    kinds = [parse_canonical_object(reader.entry(n))["t"] for n in range(reader.size)]
    assert kinds == ["key", "upload", "upload"] and fatal == []
