"""Runs a scenario in process: the real service, real pictures, a virtual clock."""

from __future__ import annotations

import asyncio
import datetime
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from zaichang.audit.replay.liveness_replay import check_liveness
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import AckHeartbeat, OrderPause, OrderSeek
from zaichang.session.events import Event
from zaichang.session.playhead import total_ms
from zaichang.session.replay import Replayed, replay
from zaichang_client import Transport
from zaichang_simulation.analysis import Gallery
from zaichang_simulation.camera.footage import Library
from zaichang_simulation.camera.timeline import CameraTimeline
from zaichang_simulation.client import SimClient, open_pipe
from zaichang_simulation.clients import honest_ms_of, lend_tokens
from zaichang_simulation.format.actions import Kill
from zaichang_simulation.format.loader import Loaded
from zaichang_simulation.format.scenario import ClientTable
from zaichang_simulation.format.types import to_ms
from zaichang_simulation.host import RuntimeHost
from zaichang_simulation.judge import judge
from zaichang_simulation.loop import run_virtual
from zaichang_simulation.result import Ordered, Result, SessionResult, minute_result, ordered
from zaichang_simulation.script import limit_of
from zaichang_simulation.sources import check_sources

_AFTER_MS = 60_000
_CODES = frozenset(ReasonCode.__members__)


def simulate(loaded: Loaded, gallery: Gallery, media: tuple[Path, ...] = ()) -> Result:
    """Run a scenario on a virtual clock.

    Args:
        loaded: From ``format.loader``.
        gallery: The analysis; may be shared by several runs in one thread.
        media: Further folders in which media files are looked for.

    Raises:
        ConfigError: The scenario shows what cannot be shown.
        UnreadableInput: A media file is absent or unreadable, or the reference picture is unfit.
    """
    library = Library((loaded.folder, *media))
    check_sources(loaded, library)
    with tempfile.TemporaryDirectory(prefix="zaichang-simulation-", dir=_quick_folder()) as folder:
        return run_virtual(_run(loaded, gallery, library, Path(folder)))


def _quick_folder() -> str | None:
    """Where a folder in memory exists, the run's data is kept there: its durability is of no use."""
    memory = Path("/dev/shm")  # noqa: S108  (a fresh private folder is made inside)
    return str(memory) if memory.is_dir() else None


async def _run(loaded: Loaded, gallery: Gallery, library: Library, folder: Path) -> Result:
    session = loaded.scenario.session
    epoch_ms = int(datetime.datetime.fromisoformat(session.starts_at).timestamp() * 1000)
    host = RuntimeHost(loaded, folder / "data", gallery, library, epoch_ms)
    clients = [_client(spec, loaded, host, library, gallery) for spec in loaded.scenario.client]
    lend_tokens(clients)
    await host.start()
    try:
        await host.prepare()
        ops = asyncio.ensure_future(_operate(loaded, host, clients))
        await _live(clients, limit_of(loaded) / 1000)
        ended_ms = host.now_ms()
        ops.cancel()
        await asyncio.gather(ops, return_exceptions=True)
        if not host.up:
            await host.start()
        await _let_close(loaded, host, clients)
        sessions = [each for client in clients for each in await _sessions(client, loaded, host)]
        cases = await host.cases([session_id for client in clients for session_id in client.sessions])
    finally:
        await host.stop()
    played_ms = sum(total_ms(client.player.played) for client in clients)
    result = Result(
        name=loaded.scenario.name,
        epoch_ms=epoch_ms,
        duration_ms=ended_ms,
        sessions=tuple(each for _, each in sorted(sessions, key=lambda item: item[0])),
        claimed_ms=sum(total_ms(client.claims.claimed) for client in clients),
        played_ms=played_ms,
        honest_ms=honest_ms_of(loaded, clients, played_ms),
        refusals=tuple((client.spec.name, client.refusal) for client in clients if client.refusal),
        cases=cases,
    )
    return _judged(loaded, result)


def _judged(loaded: Loaded, result: Result) -> Result:
    values = {name: getattr(result, name) for name in result.__slots__}
    return Result(**{**values, "findings": judge(loaded.scenario, result)})


def _client(spec: ClientTable, loaded: Loaded, host: RuntimeHost, library: Library, gallery: Gallery) -> SimClient:
    scenario = loaded.scenario
    seed = zlib.crc32(f"{scenario.session.seed}|{spec.name}".encode()) & 0x7FFFFFFF
    entries = tuple(entry for entry in scenario.camera if entry.client == spec.name)

    async def connect(client: SimClient) -> Transport:
        return open_pipe(client, host.now_ms, host.serve)

    timeline = CameraTimeline(entries, library, seed, gallery.pictures, gallery.troupe)
    return SimClient(spec, loaded, host, timeline, now_ms=host.now_ms, connect=connect, seed=seed)


async def _live(clients: list[SimClient], limit_s: float) -> None:
    tasks = [asyncio.ensure_future(client.live()) for client in clients]
    done, pending = await asyncio.wait(tasks, timeout=limit_s)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


async def _operate(loaded: Loaded, host: RuntimeHost, clients: list[SimClient]) -> None:
    """Carry out what happens to the service."""
    for entry in sorted(loaded.scenario.server, key=lambda each: each.at_s):
        if isinstance(entry, Kill):
            await asyncio.sleep(max(0, to_ms(entry.at_s) - host.now_ms()) / 1000)
            for client in clients:
                if client.pipe is not None:
                    client.pipe.cut()
            await host.kill()
            await asyncio.sleep(entry.down_s)
            await host.start()


async def _let_close(loaded: Loaded, host: RuntimeHost, clients: list[SimClient]) -> None:
    """Wait until every session is closed, by its finish or as abandoned."""
    session_ids = [session_id for client in clients for session_id in client.sessions]
    every = [loaded.policy_of(client.spec.name) for client in clients]
    until_ms = host.now_ms() + max(each.abandon_ms + each.gap_ms for each in every) + _AFTER_MS
    while host.now_ms() < until_ms:
        finals = [(await host.followed(each)).final for each in session_ids]
        if all(final is not None for final in finals):
            break
        await asyncio.sleep(30)
    await asyncio.sleep(5)  # what is being recorded
    await host.logged()


async def _sessions(client: SimClient, loaded: Loaded, host: RuntimeHost) -> list[tuple[int, SessionResult]]:
    found: list[tuple[int, SessionResult]] = []
    for session_id in client.sessions:
        events = await host.events(session_id)
        policy = host.policy_of(events)
        again = replay(events, policy)
        granted_ms = await host.granted_ms(session_id)
        found.append(
            (
                events[0].at_ms,
                SessionResult(
                    client=client.spec.name,
                    session_id=session_id,
                    minutes=tuple(minute_result(minute) for minute in again.minutes),
                    final=again.final.reason.value if again.final is not None else None,
                    undecided_ms=sum(total_ms(minute.undecided) for minute in again.minutes) - granted_ms,
                    indicators=_indicators(again),
                    reasons=tuple(sorted(_reasons(again) | (client.seen.get(session_id, set()) & _CODES))),
                    replay_equal=await host.minutes(session_id) == again.minutes
                    and not check_liveness(events, again, policy),
                    granted_ms=granted_ms,
                    orders=_orders(events, again),
                    excuses=again.state.proofs.excuses,
                    close_code=client.close_code(session_id),
                ),
            )
        )
    return found


def _orders(events: Sequence[Event], replayed: Replayed) -> tuple[Ordered, ...]:
    found = (ordered(events[index].at_ms, decision) for index, decision in replayed.decisions)
    return tuple(each for each in found if each is not None)


def _indicators(replayed: Replayed) -> tuple[tuple[str, int], ...]:
    if replayed.final is None:
        return ()
    return tuple((reason.value, count) for reason, count in replayed.final.indicators)


def _reasons(replayed: Replayed) -> set[str]:
    """Return every reason code that the session's decisions gave."""
    codes = {reason.value for minute in replayed.minutes for reason in minute.reasons}
    if replayed.final is not None:
        codes |= {replayed.final.reason.value, *(reason.value for reason, _ in replayed.final.indicators)}
    for _, decision in replayed.decisions:
        if isinstance(decision, AckHeartbeat | OrderPause | OrderSeek) and decision.reason is not None:
            codes.add(decision.reason.value)
    return codes
