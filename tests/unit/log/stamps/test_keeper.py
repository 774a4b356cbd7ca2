"""A log is stamped every hour in which it grew; an authority that is dead, slow or lying costs a warning."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from support.log_faults import grow
from support.log_media import LogMedium
from support.time_stamps import LocalAuthority, answering
from zaichang.audit.whole.stamps import parse_stamps
from zaichang.core.errors import ConfigError, EvidenceError, StorageError
from zaichang.log.stamps import keeper
from zaichang.log.stamps.keeper import PERIOD_S, RETRY_S, Authority, keep_stamped_while_running, stamp_now
from zaichang.log.stamps.tokens import check_token, load_roots
from zaichang.ports.log.side_files import SideFile

Answer = Callable[[bytes], bytes | int | None]


def now_ms(ahead_ms: int = 0) -> int:
    return time.time_ns() // 1_000_000 + ahead_ms


def kept(log: LogMedium) -> bytes:
    return log.place.side_files.read(SideFile.TIMESTAMPS) or b""


def test_a_stamp_of_the_published_checkpoint_is_kept(medium: LogMedium, tmp_path: Path) -> None:
    local = LocalAuthority.make(tmp_path / "tsa")
    grow(medium, 5)
    with answering(local.answer) as url:
        authority = Authority(url=url, roots=load_roots(local.root))
        assert stamp_now(medium.place, authority, now_ms) == 5
    (stamp,) = parse_stamps(kept(medium))
    assert stamp.note == medium.place.published.get("checkpoint")
    assert abs(check_token(stamp.note, stamp.response, authority.roots) - now_ms()) < 300_000


def test_an_answer_that_proves_nothing_is_not_kept(medium: LogMedium, tmp_path: Path) -> None:
    local = LocalAuthority.make(tmp_path / "tsa")
    grow(medium, 5)
    old = local.stamp(medium.place.published.get("checkpoint") or b"")
    liars: list[tuple[Answer, type[Exception], int]] = [
        (lambda query: local.stamp(b"something else"), EvidenceError, 0),
        (lambda query: old, EvidenceError, 0),  # a true stamp of these bytes, and no answer to this request
        (local.answer, EvidenceError, 3_600_000),  # its clock or the server's is an hour wrong
        (lambda query: b"no token", EvidenceError, 0),
        (lambda query: 503, StorageError, 0),
        (lambda query: None, StorageError, 0),  # it drips
    ]
    roots = load_roots(local.root)
    for answer, error, ahead_ms in liars:
        with answering(answer) as url, pytest.raises(error):
            stamp_now(medium.place, Authority(url=url, roots=roots), partial(now_ms, ahead_ms), 1.0)
    with pytest.raises(StorageError):
        stamp_now(medium.place, Authority(url="http://127.0.0.1:9", roots=roots), now_ms, 1.0)
    with pytest.raises(ConfigError):
        stamp_now(medium.place, Authority(url="ftp://tsa", roots=roots), now_ms)
    assert kept(medium) == b""


async def test_it_asks_every_hour_in_which_the_log_grew_and_sooner_after_a_failure(
    medium: LogMedium, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sizes, pauses, asked = [5, 5, 9, 9, 9, 9], list[float](), list[int]()
    failures = {
        2: StorageError("tsa.unreachable", "It sleeps."),
        3: ConfigError("tsa.address", "It moved."),
        4: RuntimeError("A fault of ours."),
    }

    def stamped(place: object, authority: object, clock: object) -> int:
        asked.append(sizes[0])
        if len(asked) in failures:
            raise failures[len(asked)]
        return sizes[0]

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        sizes.pop(0)
        if not sizes:
            raise asyncio.CancelledError

    monkeypatch.setattr(keeper, "stamp_now", stamped)
    authority = Authority(url="http://tsa", roots=[])
    with suppress(asyncio.CancelledError):
        await keep_stamped_while_running(medium.place, authority, lambda: sizes[0], now_ms, sleep)
    assert (asked, pauses) == ([5, 9, 9, 9, 9], [PERIOD_S, PERIOD_S, RETRY_S, RETRY_S, RETRY_S, PERIOD_S])
    assert caplog.text.count("is not time-stamped") == 3, "no failure ends the asking, and each is told"
    assert "is not time-stamped" in caplog.text and "It sleeps." in caplog.text
