"""Runs a scenario against a running service: the same clients, over the real websocket, in real time."""

from __future__ import annotations

import asyncio
import functools
import random
import time
import zlib
from pathlib import Path
from typing import Any

import httpx
import jwt

from zaichang.core.errors import ConfigError, UnreadableInput
from zaichang.core.ids import SessionId
from zaichang.core.reasons import ReasonCode
from zaichang.launch.passkeys import page_of
from zaichang.live.challenges.confirm_text import right_option
from zaichang.session.decisions import Verdict
from zaichang.session.playhead import total_ms
from zaichang.vision.pipeline import Analyser
from zaichang.vision.runtime import load_models
from zaichang_client import ConnectionGone, Transport, websocket
from zaichang_client.protocol import messages as m
from zaichang_simulation.camera.faces import Image
from zaichang_simulation.camera.footage import Library
from zaichang_simulation.camera.performed import Troupe
from zaichang_simulation.camera.rig import MeshOf, Points
from zaichang_simulation.camera.timeline import CameraTimeline
from zaichang_simulation.client import SimClient
from zaichang_simulation.clients import honest_ms_of, lend_tokens
from zaichang_simulation.format.loader import Loaded
from zaichang_simulation.format.passkeys import PasskeyTable
from zaichang_simulation.format.scenario import ClientTable
from zaichang_simulation.host import QUESTIONS, enrol_first_fit, forged, reference_photos
from zaichang_simulation.judge import judge
from zaichang_simulation.link import Pipe
from zaichang_simulation.passkeys.registration import register, register_before
from zaichang_simulation.passkeys.remote import HttpRegistrar
from zaichang_simulation.result import MinuteResult, Result, SessionResult
from zaichang_simulation.script import limit_of
from zaichang_simulation.sources import check_sources

_CODES = frozenset(ReasonCode.__members__)
_TIMEOUT_S = 20.0


def simulate_remotely(
    loaded: Loaded, server: str, *, key: str = "", token: str = "", media: tuple[Path, ...] = ()
) -> Result:
    """Run a scenario against a running service, in real time.

    Args:
        loaded: From ``format.loader``.
        server: Its address, ``http://host:port``.
        key: The institution's platform key: learners are enrolled and launched with it.
        token: A launch token instead, for a scenario of one client.
        media: Further folders in which media files are looked for.

    Raises:
        ConfigError: ``simulate.server``: neither key nor token, or an option that only works in process.
        UnreadableInput: ``simulate.unreachable``, ``simulate.refused``: the service is not there or does not agree.
    """
    if loaded.scenario.server:
        raise ConfigError("simulate.server", "[[server]] entries need the service in process, without --server.")
    versions = any((client.lesson_version, client.counts_again) != ("1", "01-01") for client in loaded.scenario.client)
    if versions or loaded.scenario.session.live_for_s:
        raise ConfigError(
            "simulate.server",
            "lesson_version, counts_again and live_for_s register a lesson; with --server it is the one that is there.",
        )
    if bool(key) == bool(token):
        raise ConfigError("simulate.server", "Give either --key (the institution's platform key) or --token.")
    if token and len(loaded.scenario.client) > 1:
        raise ConfigError("simulate.server", "A launch token opens one session; give --key for several clients.")
    library = Library((loaded.folder, *media))
    check_sources(loaded, library)
    return asyncio.run(_run(loaded, RemoteHost(loaded, server.rstrip("/"), key, token, library)))


class RemoteHost:
    """A running service as the clients need it."""

    def __init__(self, loaded: Loaded, server: str, key: str, token: str, library: Library) -> None:
        """Nothing is asked of the service yet."""
        self._loaded = loaded
        self._server = server
        self._key = key
        self._token = token
        self._library = library
        self._begun_s = time.monotonic()
        self._logging: set[asyncio.Task[None]] = set()
        self.epoch_ms = time.time_ns() // 1_000_000
        self._origin = server if page_of(server, ()) is not None else ""
        self._registrar = HttpRegistrar(self._ask, self._launch, key=key, origin=self._origin)
        self.websocket = websocket(f"ws{server.removeprefix('http')}/v1/session", origin=self._origin)

    @property
    def library(self) -> Library:
        """Where media files are found."""
        return self._library

    def now_ms(self) -> int:
        """Return the time since the scenario's start."""
        return round((time.monotonic() - self._begun_s) * 1000)

    @property
    def up(self) -> bool:
        """The service is expected to be there."""
        return True

    async def prepare(self) -> None:
        """Enrol the learners, and register their passkeys."""
        session = self._loaded.scenario.session
        for client in self._loaded.scenario.client if self._origin else ():
            if await self._registrar.wanted(client):
                await register_before(self._registrar, client, self._loaded.scenario.passkey)
        for client in self._loaded.scenario.client:
            photos = reference_photos(self._library, session, client)
            if not photos:
                continue
            path, secret = f"/v1/enrol/{client.learner}", self._key
            if not self._key:
                path, secret = "/v1/enrol-me", self._token
                if not (await self._get("/v1/me", self._token)).get("may_enrol"):
                    continue
            await enrol_first_fit(photos, functools.partial(self._enrol, path, secret))

    async def _enrol(self, path: str, secret: str, photo: bytes) -> None:
        await self._post(path, secret, content=photo)

    async def token(self, client: ClientTable, how: str) -> str:
        """Return a launch token; a forged or absent one where the cheat wants that."""
        if how == "absent":
            return ""
        token = await self._launch(client, False)
        return token if how == "right" else forged(token)

    async def _launch(self, client: ClientTable, enrol: bool) -> str:
        if not self._key:
            return self._token
        session = self._loaded.scenario.session
        asked = {
            "learner": client.learner,
            "course": client.course,
            "lesson": client.lesson,
            "route": client.route or session.route,
            "extra_time_pct": session.extra_time_pct,
            "liveness_excluded": list(session.liveness_excluded),
            "enrol": enrol,
        }
        return str((await self._post("/v1/launch", self._key, json=asked))["token"])

    def passkey_origin(self, client: ClientTable) -> str:
        """Return the service's origin; empty where it is an address without a name, which has no passkeys."""
        return self._origin

    async def register_passkey(self, client: ClientTable, entry: PasskeyTable) -> None:
        """Register a client's passkey."""
        await register(self._registrar, client, entry)

    async def right_answer(self, session_id: SessionId, order: m.ChallengeOrder) -> str | None:
        """Return a person's answer, as far as the scenario knows it; codes are only in the picture."""
        if order.kind == "confirm":
            return right_option(order.options, order.labels)
        bank = [(each.text, each.options[each.correct]) for each in QUESTIONS]
        bank += [(each.text, each.options[each.correct]) for each in self._loaded.scenario.question]
        right = dict(bank).get(order.text)
        return str(order.options.index(right)) if right in order.options else None

    async def delivered(self, token: str, part: tuple[int, int]) -> None:
        """Report deliveries to the service, as the media servers' log would; this needs the platform's key."""
        if self._key and token:
            launch = jwt.decode(token, options={"verify_signature": False})["jti"]
            sent_ms = time.time_ns() // 1_000_000
            task = asyncio.ensure_future(self._log_delivery(launch, part, sent_ms))
            self._logging.add(task)
            task.add_done_callback(self._logging.discard)

    async def _log_delivery(self, launch: str, part: tuple[int, int], sent_ms: int) -> None:
        await asyncio.sleep(self._loaded.scenario.session.delivery_late_s)
        record = {"launch": launch, "from_ms": part[0], "to_ms": part[1], "sent_ms": sent_ms}
        await self._post("/v1/deliveries", self._key, json={"records": [record]})

    async def _post(self, path: str, secret: str, **body: Any) -> dict[str, Any]:
        found: dict[str, Any] = await self._ask("POST", path, secret, **body)
        return found

    async def _get(self, path: str, secret: str) -> dict[str, Any]:
        found: dict[str, Any] = await self._ask("GET", path, secret)
        return found

    async def _ask(self, method: str, path: str, secret: str, **body: Any) -> Any:
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S) as http:
                answer = await http.request(
                    method,
                    self._server + path,
                    headers={"authorization": f"Bearer {secret}", "origin": self._server},
                    **body,
                )
        except httpx.HTTPError as error:
            raise UnreadableInput(
                "simulate.unreachable", f"{self._server} does not answer ({type(error).__name__}).", "Is it running?"
            ) from None
        found: Any = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if answer.status_code >= 400:
            said = found.get("error", {})
            raise UnreadableInput(
                "simulate.refused",
                f"The service refused {path} ({answer.status_code} {said.get('code', '')}: {said.get('message', '')})",
                str(said.get("hint", "")),
            )
        return found


class _Bridge:
    """Carries one connection between a client's simulated network and the real websocket."""

    def __init__(self, client: SimClient, host: RemoteHost, outer: Transport) -> None:
        self.pipe = Pipe(client.network, host.now_ms)
        self._outer = outer
        self._tasks = [asyncio.ensure_future(self._up()), asyncio.ensure_future(self._down())]

    async def _up(self) -> None:
        while (data := await self.pipe.server.receive()) is not None:
            try:
                await self._outer.send(data)
            except ConnectionGone:
                break
        await self._outer.close()

    async def _down(self) -> None:
        try:
            while True:
                data = await self._outer.receive()
                await self.pipe.server.send(data if isinstance(data, str) else data.decode())
        except ConnectionGone as gone:
            await self.pipe.server.close(gone.close_code, "")


async def _run(loaded: Loaded, host: RemoteHost) -> Result:
    bridges: list[_Bridge] = []

    async def connect(client: SimClient) -> Transport:
        bridge = _Bridge(client, host, await host.websocket())
        bridges.append(bridge)  # kept, so that its tasks are
        client.pipe = bridge.pipe
        return bridge.pipe.client

    await host.prepare()
    clients = [_client(spec, loaded, host, connect) for spec in loaded.scenario.client]
    lend_tokens(clients)
    tasks = [asyncio.ensure_future(client.live()) for client in clients]
    done, pending = await asyncio.wait(tasks, timeout=limit_of(loaded) / 1000)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()
    played_ms = sum(total_ms(client.player.played) for client in clients)
    values: dict[str, Any] = {
        "name": loaded.scenario.name,
        "epoch_ms": host.epoch_ms,
        "duration_ms": host.now_ms(),
        "sessions": tuple(each for client in clients for each in _sessions(client)),
        "claimed_ms": sum(total_ms(client.claims.claimed) for client in clients),
        "played_ms": played_ms,
        "honest_ms": honest_ms_of(loaded, clients, played_ms),
        "refusals": tuple((client.spec.name, client.refusal) for client in clients if client.refusal),
    }
    return Result(**values, findings=judge(loaded.scenario, Result(**values)))


def _own_mesh() -> MeshOf:
    """Return the face finder for people who move; models are loaded at its first use."""
    loaded: list[Analyser] = []

    def mesh_of(picture: Image) -> Points | None:
        if not loaded:
            loaded.append(Analyser(load_models()))
        return loaded[0].geometry_of(picture).mesh

    return mesh_of


def _client(spec: ClientTable, loaded: Loaded, host: RemoteHost, connect: Any) -> SimClient:
    scenario = loaded.scenario
    seed = zlib.crc32(f"{scenario.session.seed}|{spec.name}|{random.random()}".encode()) & 0x7FFFFFFF  # noqa: S311
    entries = tuple(entry for entry in scenario.camera if entry.client == spec.name)
    timeline = CameraTimeline(entries, host.library, seed, troupe=Troupe(_own_mesh()))
    return SimClient(spec, loaded, host, timeline, now_ms=host.now_ms, connect=connect, seed=seed)


def _sessions(client: SimClient) -> list[SessionResult]:
    """Return the results that the service sent to the player; it sends anchored minutes only."""
    found: list[SessionResult] = []
    for session_id in client.sessions:
        said = client.told.get(session_id, [])
        minutes = {each.index: each for each in said if isinstance(each, m.MinuteSealed)}
        closed = next((each for each in reversed(said) if isinstance(each, m.Closed)), None)
        reasons = client.seen.get(session_id, set()) & _CODES
        reasons |= {reason for minute in minutes.values() for reason in minute.reasons}
        found.append(
            SessionResult(
                client=client.spec.name,
                session_id=session_id,
                minutes=tuple(
                    MinuteResult(
                        index=index,
                        from_ms=None,
                        to_ms=None,
                        verdict=Verdict(minute.verdict).name,
                        verified_ms=minute.verified_ms,
                        reasons=minute.reasons,
                    )
                    for index, minute in sorted(minutes.items())
                ),
                final=closed.reason if closed is not None else None,
                undecided_ms=closed.undecided_ms if closed is not None else 0,
                indicators=(),
                reasons=tuple(sorted(reasons)),
                replay_equal=True,
            )
        )
    return found
