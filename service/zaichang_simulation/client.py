"""One simulated client: a page with its player, camera, learner and network, run by the scenario's script."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from zaichang.core.ids import SessionId
from zaichang.live.connection import Channel
from zaichang.session.playhead import total_ms
from zaichang_client import ClientConfig, ConnectionGone, Sample, SessionRefused, StudyClient, Transport
from zaichang_client.protocol import messages as m
from zaichang_simulation.camera.timeline import CameraTimeline
from zaichang_simulation.eyes import SimCamera
from zaichang_simulation.fetching import fetch_media
from zaichang_simulation.forger import Forger
from zaichang_simulation.format.cheats import Token
from zaichang_simulation.format.loader import Loaded
from zaichang_simulation.format.passkeys import PasskeyTable
from zaichang_simulation.format.scenario import ClientTable, extra_time_pct
from zaichang_simulation.format.types import to_ms
from zaichang_simulation.happenings import Happenings
from zaichang_simulation.link import Network, Pipe
from zaichang_simulation.obedience import SimLiveness
from zaichang_simulation.passkeys.holder import SimPasskeys
from zaichang_simulation.person import SimPrompter
from zaichang_simulation.player import SimPlayer
from zaichang_simulation.script import Script
from zaichang_simulation.tamper import Cheats, Claims, TamperingTransport

SILENT_NOTICE_MS = 40_000
"""A machine that falls asleep says nothing; the service's keep-alive notices after about this long."""
_FINISH_AFTER_S = 1.0
_T = TypeVar("_T")


class ClientHost(Protocol):
    """What a client needs of the service."""

    @property
    def up(self) -> bool:
        """Whether the service runs."""
        ...

    async def token(self, client: ClientTable, how: str) -> str:
        """Return a launch token."""
        ...

    def passkey_origin(self, client: ClientTable) -> str:
        """Return the origin of the client's page, for its passkeys; empty where the rules or the page use none."""
        ...

    async def register_passkey(self, client: ClientTable, entry: PasskeyTable) -> None:
        """Register the passkey of an entry, as the learner or the institution does."""
        ...

    async def right_answer(self, session_id: SessionId, order: m.ChallengeOrder) -> str | None:
        """Return the answer of a person."""
        ...

    async def delivered(self, token: str, part: tuple[int, int]) -> None:
        """Take note that the media servers sent this part of the lesson to the launch's player."""
        ...


class SimClient:
    """Runs one ``[[client]]``."""

    def __init__(
        self,
        spec: ClientTable,
        loaded: Loaded,
        host: ClientHost,
        timeline: CameraTimeline,
        *,
        now_ms: Callable[[], int],
        connect: Callable[[SimClient], Awaitable[Transport]],
        seed: int,
    ) -> None:
        """Build its parts; ``live`` runs it."""
        scenario = loaded.scenario
        self.spec = spec
        self.lesson_ms = to_ms(spec.lesson_s or scenario.session.lesson_s)
        logged = loaded.policy_of(spec.name).delivery_required and scenario.session.delivery_log == "kept"
        self._fetches = logged and spec.fetches
        self._finish_wanted = (spec.finish or scenario.session.finish) == "finish"
        self._host = host
        self._now_ms = now_ms
        self._open_connection = connect
        self._random = random.Random(seed)  # noqa: S311  (a simulation, repeatable by its seed)
        self.network = Network(_mine(scenario.network, spec), now_ms, seed + 1)
        self._clock = _mine(scenario.clock, spec)
        self.cheats = Cheats(_mine(scenario.cheat, spec), now_ms)
        self.player = SimPlayer(self.lesson_ms, now_ms, self._player_changed)
        self.player.live_for_ms = to_ms(scenario.session.live_for_s)
        self.player.ignored = self.cheats.ignored
        self.camera = SimCamera(
            timeline,
            now_ms=now_ms,
            cheat=self.cheats.captures,
            ignored=self.cheats.ignored,
            visible=lambda: self.cheats.report(self.player.sample(), self.lesson_ms).visible,
        )
        self._prompter = SimPrompter(
            _mine(scenario.challenge, spec),
            now_ms=now_ms,
            oracle=self._read_challenge,
            ignored=self.cheats.ignored,
            extra_time_pct=extra_time_pct(scenario, spec),
            seed=seed + 2,
        )
        self._liveness = SimLiveness(
            self.camera,
            rule=lambda: self._prompter.rule_for("liveness"),
            mistaken=lambda: self._prompter.mistaken,
            now_ms=now_ms,
            slower=1 + extra_time_pct(scenario, spec) / 200,
            seed=seed + 3,
        )
        self._origin = host.passkey_origin(spec)
        entries = _mine(scenario.passkey, spec)
        self._passkeys = SimPasskeys(entries, spec, self._prompter, now_ms=now_ms, origin=self._origin)
        self._script = Script(_mine(scenario.player, spec), loaded, player=self.player, page=self, now_ms=now_ms)
        self._happenings = Happenings(self._happened)
        honest_until_s = scenario.expect.honest_until_s
        self._honest_until_ms = None if honest_until_s is None else to_ms(honest_until_s)
        self.honest_ms = 0
        self.claims = Claims(self.lesson_ms)
        self._forger = Forger(
            self.camera, self.claims, transport=lambda: self.transport, now_ms=now_ms, chance=self._random
        )
        self.sessions: list[SessionId] = []
        self.seen: dict[str, set[str]] = {}
        self.told: dict[str, list[m.ServerMessage]] = {}
        self.refusal = ""
        self._pipes: dict[str, Pipe] = {}
        self.transport: Transport | None = None
        self.pipe: Pipe | None = None
        self.token = ""
        self.lender: SimClient | None = None
        self._study: StudyClient | None = None
        self._running: asyncio.Task[None] | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self.over = asyncio.Event()

    # The scenario

    async def live(self) -> None:
        """Run the client until its session is over and its script has nothing more to start."""
        if self._honest_until_ms is not None:
            asyncio.get_running_loop().call_later(
                max(0, self._honest_until_ms - self._now_ms()) / 1000, self._note_honest
            )
        renewing = asyncio.ensure_future(self._register_new_devices())
        await self._sleep_until(to_ms(self.spec.start_s))
        await self.open()
        cheats = [asyncio.ensure_future(self._forger.run(entry)) for entry in self.cheats.entries]
        cuts = asyncio.ensure_future(self._cut_when_due())
        fetching = asyncio.ensure_future(fetch_media(self, self._host.delivered) if self._fetches else asyncio.sleep(0))
        try:
            await self._script.run()
            await self.over.wait()
        finally:
            running = (*cheats, cuts, fetching, renewing, *self._script.answering)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self.close()
            self._happenings.stop()
            if self._end_timer is not None:
                self._end_timer.cancel()

    async def _register_new_devices(self) -> None:
        for entry in self._passkeys.registered_later() if self._origin else ():
            await self._sleep_until(to_ms(entry.from_s))
            await self._host.register_passkey(self.spec, entry)

    def _note_honest(self) -> None:
        self.player.sample()  # which writes down what was played until now
        self.honest_ms = total_ms(self.player.played)

    async def _sleep_until(self, at_ms: int) -> None:
        await asyncio.sleep(max(0, at_ms - self._now_ms()) / 1000)

    # The page

    async def open(self) -> None:
        """Open the page with a launch token."""
        wrong = self.cheats.now(Token)
        if self.lender is not None:
            self.token = self.lender.token
        else:
            self.token = await self._host.token(self.spec, wrong.how if wrong is not None else "right")
        self._new_study()
        self.run()

    def _new_study(self) -> None:
        self._study = StudyClient(
            self._connect,
            token=self.token,
            player=_Reporting(self),
            camera=self.camera,
            prompter=self._prompter,
            liveness=self._liveness,
            passkeys=self._passkeys if self._origin and self._passkeys.supported else None,
            config=ClientConfig(sdk="zaichang-simulation", device=self.spec.device),
            observe=self._observe,
            pace=self._pace_ms,
            token_hex=lambda length: f"{self._random.getrandbits(8 * length):0{2 * length}x}",
            jitter=self._random.random,
        )

    def run(self) -> None:
        """Let the page's session run (again)."""
        if self._study is not None:
            self._running = asyncio.ensure_future(self._study_to_the_end(self._study))

    async def _study_to_the_end(self, study: StudyClient) -> None:
        try:
            await study.run()
        except SessionRefused as refused:
            self.refusal = refused.code
        self.player.set(held=True)
        self.over.set()

    def close_code(self, session_id: SessionId) -> int | None:
        """Return the code with which the service closed a session's last connection; None where it did not."""
        return self._pipes[session_id].close_code if session_id in self._pipes else None

    async def close(self) -> None:
        """Close the page without a word."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    async def suspended(self, for_s: float, *, renew: bool = False, keeps: bool = True) -> None:
        """Stop everything for a while, unnoticed."""
        if self.pipe is not None:
            self.pipe.cut(SILENT_NOTICE_MS)
        self.player.set(asleep=True)
        await self.close()
        await asyncio.sleep(for_s)
        if renew:
            self.player.renew()
        self.player.set(asleep=False)
        if not keeps:
            self._new_study()
        self.run()

    def finish(self) -> None:
        """Press the page's finish button."""
        if self._study is not None:
            self._study.finish()

    async def _connect(self) -> Transport:
        if not self.network.up or not self._host.up:
            await asyncio.sleep(0.2)
            raise ConnectionGone(1006, "no network")
        inner = await self._open_connection(self)
        self.transport = inner
        return TamperingTransport(inner, self.cheats, self.claims, self._random.getrandbits(32))

    async def _cut_when_due(self) -> None:
        for at_ms, notice_ms in self.network.cuts_ms():
            await self._sleep_until(at_ms)
            if self.pipe is not None:
                self.pipe.cut(notice_ms)

    # What the parts ask

    def report(self) -> Sample:
        """Return the player's report, or the cheat's false one."""
        said = self.cheats.report(self.player.sample(), self.lesson_ms)
        if said.ended:
            self._finish_soon()
        return said

    def _pace_ms(self, asked_ms: int) -> int:
        speed, least_ms = 1.0, 0
        for entry in sorted(self._clock, key=lambda each: each.at_s):
            if to_ms(entry.at_s) <= self._now_ms():
                speed, least_ms = entry.timer_speed, to_ms(entry.timer_least_s)
        return max(least_ms, self.cheats.pace_ms(asked_ms, speed))

    async def _read_challenge(self, order: m.ChallengeOrder) -> str | None:
        session_id = self._study.session_id if self._study is not None else ""
        return await self._host.right_answer(SessionId(session_id), order)

    def _player_changed(self) -> None:
        self._happenings.player(running=self.player.running, wanted=self.player.wants_play)
        if self._study is not None:
            self._study.changed()
        if self._end_timer is not None:
            self._end_timer.cancel()
            self._end_timer = None
        left_ms = self.player.until_end_ms()
        if left_ms is not None:
            self._end_timer = asyncio.get_running_loop().call_later(left_ms / 1000, self._lesson_ended)

    def _lesson_ended(self) -> None:
        self._end_timer = None
        self._player_changed()
        if self.player.ended:
            self._happened("end")
            self._finish_soon()

    def _finish_soon(self) -> None:
        if self._finish_wanted and self._study is not None:
            asyncio.get_running_loop().call_later(_FINISH_AFTER_S, self._finish_if_ended, self._study)

    def _finish_if_ended(self, study: StudyClient) -> None:
        if study is self._study and self.cheats.report(self.player.sample(), self.lesson_ms).ended:
            study.finish()

    def _happened(self, event: str) -> None:
        self._script.happened(event)
        self.camera.happened(event)

    def _observe(self, message: m.ServerMessage) -> None:
        session_id = self.sessions[-1] if self.sessions else ""
        self._happenings.observe(message)
        match message:
            case m.Joined():
                if message.session_id not in self.sessions:
                    self.sessions.append(SessionId(message.session_id))
                session_id = message.session_id
                if self.pipe is not None:
                    self._pipes[session_id] = self.pipe
            case m.Pause(reason=reason):
                self.camera.paused(reason)
            case m.Resume():
                self.camera.asked(False)
            case m.CaptureOrder(prompt="") if not self.player.held:
                self.camera.asked(False)
            case m.ChallengeOrder():
                self.camera.called(True)
            case m.ChallengeResult(closed=True):
                self.camera.called(False)
            case _:
                pass
        if isinstance(message, m.MinuteSealed | m.Closed):
            self.told.setdefault(session_id, []).append(message)
        said = "" if isinstance(message, m.LivenessHint) else getattr(message, "reason", "")
        if isinstance(message, m.ErrorMessage):
            self.seen.setdefault(session_id, set()).add(f"error:{message.code}")
            said = message.code.split(".")[-1].upper() if message.code.startswith("capture.") else ""
            if message.code.startswith("heartbeat."):
                said = "HEARTBEAT_REJECTED"
        if said:
            self.seen.setdefault(session_id, set()).add(said)


class _Reporting:
    """The player as the SDK sees it."""

    def __init__(self, client: SimClient) -> None:
        self._client = client

    def sample(self) -> Sample:
        return self._client.report()

    def joined(self, message: m.Joined) -> None:
        self._client.player.joined(message)

    def pause(self, reason: str, message: str) -> None:
        self._client.player.pause(reason, message)

    def resume(self) -> None:
        self._client.player.resume()

    def seek(self, to_ms: int, reason: str, message: str) -> None:
        self._client.player.seek(to_ms, reason, message)

    def offline(self, away: bool) -> None:
        self._client.player.offline(away)


def _mine(entries: tuple[_T, ...], spec: ClientTable) -> tuple[_T, ...]:
    return tuple(entry for entry in entries if getattr(entry, "client", None) == spec.name)


def open_pipe(client: SimClient, now_ms: Callable[[], int], serve: Callable[[Channel, str], None]) -> Transport:
    """Open an in-memory connection to a service in this process."""
    client.pipe = Pipe(client.network, now_ms)
    serve(client.pipe.server, client.network.address(client.spec.address))
    return client.pipe.client
