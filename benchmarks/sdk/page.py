"""What the SDK costs a page, beside face detection in the page as peers do it; one browser after another, one run.

Run from the checkout, with Chromium installed and the SDK built::

    .venv/bin/python -m benchmarks.sdk.page --seconds 20

The peers are installed by npm into a temporary folder (``--no-peers`` leaves them out).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Playwright, sync_playwright

from benchmarks import report
from tests.e2e.browser.clip import head_frames, write_lesson, y4m
from tests.e2e.browser.scripted import Heartbeat, Join, Picture, Scripted

WEB = report.ROOT / "client_sdk" / "web"
PEERS = {"face_mesh": "FaceMesh", "face_detection": "FaceDetection"}
VERSIONS = {"face_mesh": "0.4", "face_detection": "0.4.1646425229"}
"""The version of face_detection that pages pin: the last one (0.4.1657300184) aborts, its graph lacks a class count."""
FLAGS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
)
OBSERVE = """window.long = [];
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.long.push(entry.duration); })
  .observe({ type: "longtask", buffered: true });"""
PLAIN = "document.querySelector('video').play();"
PEER = """const camera = document.createElement("video");
camera.muted = true;
camera.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
await camera.play();
const model = new KIND({ locateFile: (name) => `/peer/node_modules/@mediapipe/NAME/${name}` });
model.setOptions(OPTIONS);
window.seen = 0;
model.onResults((results) => { window.seen += (results.multiFaceLandmarks ?? results.detections ?? []).length; });
await model.send({ image: camera });
window.ready = true;
setInterval(() => { void model.send({ image: camera }); }, 1000);
document.querySelector("#lesson").play();"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to measure: ``every_s`` seconds between pictures, 0 for none; or a peer's package."""

    name: str
    sdk: bool = False
    every_s: float = 0.0
    peer: str = ""


CASES = (
    Case(name="page alone"),
    Case(name="SDK, no pictures", sdk=True),
    Case(name="SDK, a picture every 10 s", sdk=True, every_s=10),
    Case(name="SDK, a picture every 2 s", sdk=True, every_s=2),
    Case(name="SDK, a picture every 1 s", sdk=True, every_s=1),
    Case(name="@mediapipe/face_mesh in the page, every 1 s", peer="face_mesh"),
    Case(name="@mediapipe/face_detection in the page, every 1 s", peer="face_detection"),
)


def cpu_s(mark: str) -> float:
    """Return the processor seconds of the browser started with ``mark`` on its command line, and of its children."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    roots = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        pid = int(folder.name)
        parents[pid], ticks[pid] = int(fields[1]), int(fields[11]) + int(fields[12])
        if mark in command and "--type=" not in command:
            roots.append(pid)

    def belongs(pid: int) -> bool:
        while pid > 1:
            if pid in roots:
                return True
            pid = parents.get(pid, 0)
        return False

    return sum(count for pid, count in ticks.items() if belongs(pid)) / os.sysconf("SC_CLK_TCK")


def percentile(values: list[float], share: float) -> float | None:
    """Return the value below which ``share`` of ``values`` lie; None without values."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else None


@contextmanager
def opened(playwright: Playwright, webcam: Path) -> Iterator[Page]:
    """Open a fresh browser with one page."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Chromium is needed; on Debian: apt-get install chromium")
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={webcam}"]
    browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=flags)
    page = browser.new_page()
    page.add_init_script(OBSERVE)
    yield page
    browser.close()


def measure(
    playwright: Playwright, service: Scripted, case: Case, webcam: Path, seconds: int
) -> dict[str, report.Cell]:
    """Return the figures of one case."""
    service.heard.queue.clear()
    with opened(playwright, webcam) as page:
        if case.sdk:
            service.joined_with = {"heartbeat_ms": 5_000}
            page.goto(service.player_page())
            service.wait(Join)
            page.evaluate("document.querySelector('video').play().catch(() => undefined)")
            service.count_from_now()
            service.order_capture(0)
            service.wait(Picture)
            service.wait(Heartbeat, lambda beat: beat.playing)
        else:
            head = (
                f'<script src="/peer/node_modules/@mediapipe/{case.peer}/{case.peer}.js"></script>' if case.peer else ""
            )
            code = peer_code(case.peer) if case.peer else PLAIN
            body = f'<video id="lesson" src="/lesson.wav" controls></video><script type="module">{code}</script>'
            failures: list[str] = []
            page.on("pageerror", lambda error: failures.append(str(error)))
            page.goto(service.add_page("bench", body, head=head))
            if case.peer:
                deadline = time.monotonic() + 60
                while not page.evaluate("window.ready === true") and not failures and time.monotonic() < deadline:
                    page.wait_for_timeout(200)
                if not page.evaluate("window.ready === true"):
                    return {"case": case.name, "outcome": f"fails: {(failures or ['no answer in 60 s'])[0][:60]}"}
        page.wait_for_timeout(2_000)
        page.evaluate("window.long.length = 0")
        begun_s, begun_cpu_s = time.monotonic(), cpu_s(str(webcam))
        delays_ms, sent_bytes = _orders(page, service, case, seconds)
        passed_s = time.monotonic() - begun_s
        long_ms = [float(value) for value in page.evaluate("window.long")]
        return {
            "case": case.name,
            "outcome": "ok" if not case.peer else f"{page.evaluate('window.seen')} faces seen",
            "cpu_pct_of_a_core": round(100 * (cpu_s(str(webcam)) - begun_cpu_s) / passed_s, 1),
            "long_tasks": len(long_ms),
            "longest_task_ms": round(max(long_ms, default=0.0)),
            "pictures": len(delays_ms),
            "order_to_frame_p50_ms": _rounded(percentile(delays_ms, 0.5)),
            "order_to_frame_p95_ms": _rounded(percentile(delays_ms, 0.95)),
            "sent_kb_per_min": round(sent_bytes / 1_000 * 60 / passed_s, 1) if case.sdk else None,
        }


def peer_code(peer: str) -> str:
    """Return the page's code for a peer, as its README has it."""
    options = '{ model: "short", minDetectionConfidence: 0.5 }' if peer == "face_detection" else "{ maxNumFaces: 1 }"
    return PEER.replace("KIND", PEERS[peer]).replace("NAME", peer).replace("OPTIONS", options)


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _orders(page: Page, service: Scripted, case: Case, seconds: int) -> tuple[list[float], int]:
    """Order pictures at the case's pace; return the delays until they arrived, and the bytes that came."""
    delays_ms: list[float] = []
    sent_bytes = 0
    service.kept.clear()
    end_s = time.monotonic() + seconds
    number = 1
    while time.monotonic() < end_s:
        next_s = time.monotonic() + (case.every_s or 1)
        if case.every_s:
            ordered_s = time.monotonic()
            service.order_capture(number)
            picture = service.wait(Picture)
            delays_ms.append((time.monotonic() - ordered_s) * 1_000)
            sent_bytes += len(picture.jpeg) + 200
            number += 1
        page.wait_for_timeout(max(0.0, min(next_s, end_s) - time.monotonic()) * 1_000)
    beats = sum(isinstance(one, Heartbeat) for one in [*service.kept, *service.heard.queue])
    return delays_ms, sent_bytes + beats * 120


def install_peers(folder: Path) -> None:
    """Install the packages that peers run in the page."""
    names = [f"@mediapipe/{name}@{version}" for name, version in VERSIONS.items()]
    subprocess.run(["npm", "init", "-y"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *names], cwd=folder, check=True)


def main() -> None:
    """Measure every case and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20, help="how long each case is measured")
    parser.add_argument("--no-peers", action="store_true", help="leave out what npm would have to install")
    parser.add_argument("--json", type=Path, help="where the JSON goes")
    arguments = parser.parse_args()
    sizes = json.loads(
        subprocess.run(["node", "scripts/size.mjs", "--json"], cwd=WEB, check=True, capture_output=True).stdout
    )
    report.publish("sdk.size", sizes)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if not arguments.no_peers:
            install_peers(folder)
        webcam, lesson = folder / "webcam.y4m", folder / "lesson.wav"
        webcam.write_bytes(y4m(head_frames(4)))
        write_lesson(lesson, 600)
        service = Scripted(WEB / "dist", lesson, folder)
        with sync_playwright() as playwright:
            rows = [
                measure(playwright, service, case, webcam, arguments.seconds)
                for case in CASES
                if not (case.peer and arguments.no_peers)
            ]
        service.stop()
    report.publish(
        "sdk.page",
        rows,
        parameters={"seconds": arguments.seconds, "camera": "640x480, 10 frames/s, from a file"},
        notes=[
            "cpu is of all the browser's processes, the file webcam and the (silent) lesson among them",
            "there is no graphics processor here: peers that need WebGL run on a software renderer and would be faster",
            "order_to_frame is over loopback, from the order leaving the service to the whole picture there",
        ],
        destination=arguments.json,
    )


if __name__ == "__main__":
    main()
