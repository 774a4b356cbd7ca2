"""Twenty minutes of study against the real service and its models: does the page grow, and is every second credited?

Run from the checkout, with Chromium installed and the SDK built::

    make soak                                            # 20 minutes
    .venv/bin/python -m benchmarks.sdk.soak_live --minutes 2
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks import report
from benchmarks.sdk.page import WEB, opened
from benchmarks.sdk.soak import GROWTH_MAX_KIB, sizes
from tests.e2e.browser.camera import Camera
from tests.e2e.browser.clip import portrait, write_lesson
from tests.e2e.browser.live import LiveService
from tests.e2e.browser.scripted import Scripted
from zaichang.live.challenges.confirm_text import right_option

ERROR_MAX_MS = 1_000
STATUS = "() => ({ ...session.status, playedMs: document.querySelector('video').currentTime * 1000 })"


def resident_kib(pid: int) -> int:
    """Return a process's resident memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def press(page: Page) -> bool:
    """Answer the open challenge, as an honest learner does; return whether there was one."""
    found = page.evaluate("session.openChallenge")
    if found is None:
        return False
    key = right_option(found["order"]["options"], found["order"]["labels"])
    button = page.locator(f"[data-kind=confirm] [data-answer='{key}']:enabled")
    if key is None or button.count() == 0:
        return False
    button.click()
    return True


def finish(page: Page) -> dict[str, float]:
    """Pause, end, and return the played and the credited time."""
    page.evaluate("document.querySelector('video').pause()")
    page.wait_for_function("session.status.reason === 'PLAYER_PAUSED' || session.status.reason === 'LESSON_ENDED'")
    played = float(page.evaluate("document.querySelector('video').currentTime * 1000"))
    page.evaluate("void session.finish()")
    while not page.evaluate("events.some((event) => event.type === 'closed')"):
        press(page)
        page.wait_for_timeout(500)
    closed = page.evaluate("events.find((event) => event.type === 'closed')")
    return {"played_ms": round(played), "verified_ms": closed["verifiedMs"], "undecided_ms": closed["undecidedMs"]}


def study(page: Page, service: LiveService, minutes: int) -> list[dict[str, report.Cell]]:
    """Study for so many minutes; return one row a minute."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    rows: list[dict[str, report.Cell]] = []
    begun_s = time.monotonic()
    popups = 0
    while len(rows) < minutes:
        end_s = begun_s + 60 * (len(rows) + 1)
        while time.monotonic() < end_s:
            popups += press(page)
            page.wait_for_timeout(500)
        status = page.evaluate(STATUS)
        page.evaluate("events.splice(0, events.length, ...events.filter((event) => event.type === 'closed'))")
        row: dict[str, report.Cell] = {
            "minute": len(rows) + 1,
            **sizes(devtools),
            "service_kib": resident_kib(service.pid),
            "played_s": round(status["playedMs"] / 1_000),
            "credited_s": round(status["verifiedMs"] / 1_000),
            "popups": popups,
            "counting": status["counting"],
        }
        rows.append(row)
        print(row, flush=True)
    return rows


def main() -> int:
    """Study; 1 where the page grew or the credit is not what was played."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=20)
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        lesson, photo = folder / "lesson.wav", folder / "photo.png"
        write_lesson(lesson, 60 * (arguments.minutes + 3))
        Image.fromarray(portrait()).save(photo)
        camera = Camera(folder / "webcam.y4m")
        pages = Scripted(WEB / "dist", lesson)
        service = LiveService(folder, photo, pages)
        try:
            with opened(playwright, camera.path) as page:
                page.goto(service.page(service.launch(service.new_learner(), "soak")))
                page.evaluate("document.querySelector('video').play().catch(() => undefined)")
                page.wait_for_function("events.some((event) => event.type === 'released')", timeout=60_000)
                rows = study(page, service, arguments.minutes)
                end = finish(page)
        finally:
            service.stop()
            pages.stop()
            camera.close()
    settled = rows[1] if len(rows) > 1 else rows[0]
    growth_kib = int(str(rows[-1]["heap_kib"])) - int(str(settled["heap_kib"]))
    error_ms = abs(end["played_ms"] - end["verified_ms"])
    report.publish(
        "sdk.soak_live",
        rows,
        parameters={"minutes": arguments.minutes},
        notes=[
            f"heap from the second minute to the last: {growth_kib:+} KiB",
            f"played {end['played_ms']:.0f} ms, credited {end['verified_ms']:.0f} ms, difference {error_ms:.0f} ms",
        ],
        destination=arguments.json,
    )
    return 0 if growth_kib <= GROWTH_MAX_KIB and error_ms <= ERROR_MAX_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
