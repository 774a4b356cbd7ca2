"""One liveness try as a whole, on a virtual clock: the server's side, and a person in front of a simulated camera."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from zaichang.core.reasons import ReasonCode
from zaichang.live.liveness_trial import LivenessTry
from zaichang.protocol.messages import CaptureHeader
from zaichang.protocol.messages import LivenessStepOrder as ServerStep
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import LivenessAssessed
from zaichang.session.policy import Policy
from zaichang_client import Picture
from zaichang_client.protocol.messages import LivenessStepOrder
from zaichang_simulation.analysis import Gallery, SimVision
from zaichang_simulation.camera.footage import Library
from zaichang_simulation.camera.timeline import CameraTimeline
from zaichang_simulation.eyes import SimCamera
from zaichang_simulation.format import camera as say
from zaichang_simulation.format.actions import ChallengeRule, ServerEntry
from zaichang_simulation.loop import run_virtual
from zaichang_simulation.obedience import SimLiveness


def order_of(*actions: str, step_ms: int = 7_000) -> OrderLiveness:
    """Return an order of these actions."""
    nonces = tuple(f"{number:032x}" for number in range(2 * len(actions)))
    holds = tuple(700 + 200 * number for number in range(len(actions)))
    return OrderLiveness(challenge_id="q1", attempt=0, actions=actions, holds_ms=holds, nonces=nonces, step_ms=step_ms)


def run_try(
    gallery: Gallery,
    order: OrderLiveness,
    entry: say.CameraEntry | None = None,
    rule: ChallengeRule | None = None,
    *,
    reference: str = "builtin:astronaut",
    server: tuple[ServerEntry, ...] = (),
    hints: list[ReasonCode | None] | None = None,
    kept: list[str] | None = None,
    meddle: Callable[[LivenessStepOrder, CaptureHeader], CaptureHeader] | None = None,
    policy: Policy = Policy(),  # noqa: B008 - a frozen value
) -> LivenessAssessed:
    """Run a try; the result is what the core would be given.

    Args:
        gallery: The analysis.
        order: The order of the try.
        entry: What the camera sees; a builtin head by default.
        rule: How the person behaves; obeys by default.
        reference: Who is enrolled.
        server: Overload or slowness of the analysis.
        hints: Is given the guidance.
        kept: Is given the names of the pictures that were kept.
        meddle: Changes the header of a frame before it is sent.
        policy: The session's.
    """
    return run_virtual(
        _run(
            gallery, order, entry or say.Clip(), rule or ChallengeRule(), reference, server, hints, kept, meddle, policy
        )
    )


async def _run(
    gallery: Gallery,
    order: OrderLiveness,
    entry: say.CameraEntry,
    rule: ChallengeRule,
    reference: str,
    server: tuple[ServerEntry, ...],
    hints: list[ReasonCode | None] | None,
    kept: list[str] | None,
    meddle: Callable[[LivenessStepOrder, CaptureHeader], CaptureHeader] | None,
    policy: Policy,
) -> LivenessAssessed:
    loop = asyncio.get_running_loop()

    def now_ms() -> int:
        return round(loop.time() * 1000)

    library = Library((Path.cwd(),))
    timeline = CameraTimeline((entry,), library, 7, gallery.pictures, gallery.troupe)
    camera = SimCamera(timeline, now_ms=now_ms, cheat=lambda: None, ignored=lambda _: False, visible=lambda: True)
    person = SimLiveness(camera, rule=lambda: rule, mistaken=lambda: False, now_ms=now_ms, slower=1.0, seed=3)
    sending: list[asyncio.Task[None]] = []

    async def send_frames(step: LivenessStepOrder) -> None:
        while True:
            picture = await person.frame(step)
            if isinstance(picture, Picture):
                header = CaptureHeader(capture_id=step.challenge_id, nonce=step.nonce, camera=picture.camera)
                made.frame(meddle(step, header) if meddle is not None else header, picture.data)
            await asyncio.sleep(step.interval_ms / 1000)

    def show(step: ServerStep) -> None:
        own = LivenessStepOrder(**{name: getattr(step, name) for name in step.__struct_fields__})
        for task in sending:
            task.cancel()
        person.step(own)
        sending.append(asyncio.ensure_future(send_frames(own)))

    async def keep(name: str, picture: bytes) -> None:
        if kept is not None:
            kept.append(name)

    made = LivenessTry(
        order,
        policy,
        vision=SimVision(gallery, server, now_ms),
        reference=gallery.enrol(library.references(reference, 0.0)[0]).template,
        now_ms=now_ms,
        send=show,
        hint=lambda reason: hints.append(reason) if hints is not None else None,
        pick=lambda count: count // 2,
        keep=keep,
    )
    try:
        return await made.run()
    finally:
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
