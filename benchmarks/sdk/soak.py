"""Whether a long session grows: the page's heap, nodes and listeners, every minute, after a collection of garbage.

Run from the checkout, with Chromium installed and the SDK built::

    .venv/bin/python -m benchmarks.sdk.soak --minutes 20
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from playwright.sync_api import CDPSession, sync_playwright

from benchmarks import report
from benchmarks.sdk.page import WEB, opened
from tests.e2e.browser.clip import head_frames, write_lesson, y4m
from tests.e2e.browser.scripted import Answer, Join, Picture, Scripted
from zaichang.protocol.messages import ChallengeOrder, ChallengeResult, MinuteSealed

PICTURE_EVERY_S = 5.0
GROWTH_MAX_KIB = 1_024
"""More than this from the second minute to the last is a leak."""


def sizes(devtools: CDPSession) -> dict[str, int]:
    """Return the page's retained objects, after a collection."""
    devtools.send("HeapProfiler.collectGarbage")
    found = {one["name"]: int(one["value"]) for one in devtools.send("Performance.getMetrics")["metrics"]}
    return {
        "heap_kib": found["JSHeapUsedSize"] // 1024,
        "nodes": found["Nodes"],
        "listeners": found["JSEventListeners"],
    }


def minute(service: Scripted, index: int) -> None:
    """One minute of study: pictures, an answered challenge, a lost connection, an anchored minute."""
    end_s = time.monotonic() + 60
    number = index * 100
    while time.monotonic() < end_s:
        number += 1
        service.order_capture(number)
        service.wait(Picture)
        if number % 100 == 4:
            challenge = ChallengeOrder(challenge_id=f"q{index}", kind="confirm", within_ms=30_000, options=("here",))
            service.say(challenge)
            service.wait(Answer)
            service.say(ChallengeResult(challenge_id=f"q{index}", accepted=True, closed=True))
        if number % 100 == 8:
            service.close(1012)
            service.wait(Join)
        time.sleep(min(PICTURE_EVERY_S, max(0.0, end_s - time.monotonic())))
        service.kept.clear()
    service.say(MinuteSealed(index=index, verdict="V", verified_ms=60_000))


def main() -> int:
    """Study for a while; 1 where the page grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=20)
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    arguments = parser.parse_args()
    rows: list[dict[str, report.Cell]] = []
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        webcam, lesson = Path(temporary) / "webcam.y4m", Path(temporary) / "lesson.wav"
        webcam.write_bytes(y4m(head_frames(4)))
        write_lesson(lesson, 60 * (arguments.minutes + 2))
        service = Scripted(WEB / "dist", lesson)
        service.joined_with = {"lesson_duration_ms": 60_000 * (arguments.minutes + 2), "frontier_ms": 10**8}
        with opened(playwright, webcam) as page:
            page.goto(service.player_page())
            service.wait(Join)
            # The page's own record of events would grow, and a person presses the button.
            page.evaluate(
                """() => { window.events = { push() {}, some: () => false };
                document.querySelector("video").play().catch(() => undefined);
                const answer = ({ order }) => setTimeout(() => session.answer(order.challenge_id, "here"), 1000);
                session.on("challenge", answer); }"""
            )
            service.count_from_now()
            devtools = page.context.new_cdp_session(page)
            devtools.send("Performance.enable")
            for index in range(arguments.minutes):
                minute(service, index)
                rows.append({"minute": index + 1, **sizes(devtools)})
                print(rows[-1], flush=True)
            counting = bool(page.evaluate("session.status.counting"))
        service.stop()
    settled = rows[1] if len(rows) > 1 else rows[0]
    growth_kib = int(str(rows[-1]["heap_kib"])) - int(str(settled["heap_kib"]))
    report.publish(
        "sdk.soak",
        rows,
        parameters={"minutes": arguments.minutes, "picture_every_s": PICTURE_EVERY_S},
        notes=[f"growth from the second minute to the last: {growth_kib} KiB; still counting: {counting}"],
        destination=arguments.json,
    )
    return 0 if counting and growth_kib <= GROWTH_MAX_KIB else 1


if __name__ == "__main__":
    raise SystemExit(main())
