"""A real Chromium with a generated webcam. Everything is loopback; nothing is downloaded."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, sync_playwright

from .camera import Camera
from .clip import portrait, write_lesson
from .live import LiveService
from .scripted import Scripted

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "client_sdk" / "web"
PATIENCE_MS = 40_000
Open = Callable[..., "Tab"]
Launch = Callable[..., Browser]
LESSON_S = 120

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CAMERA_FLAGS = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"


@pytest.fixture(scope="session")
def sdk_dist() -> Path:
    """Return the SDK's bundles, built anew where a source is newer."""
    dist = WEB / "dist"
    if not (WEB / "node_modules").is_dir():
        pytest.fail(f"{WEB} has no node_modules: run `npm ci` there (make test does)")
    built = (dist / "zaichang.js").stat().st_mtime if (dist / "zaichang.js").exists() else 0.0
    sources = [*(WEB / "src").rglob("*.ts"), WEB / "scripts" / "build.mjs"]
    if any(path.stat().st_mtime > built for path in sources):
        subprocess.run(["npm", "run", "--silent", "build"], cwd=WEB, check=True, timeout=240)
    return dist


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="session")
def lesson(scratch: Path) -> Path:
    path = scratch / "lesson.wav"
    write_lesson(path, LESSON_S)
    return path


@pytest.fixture(scope="package")
def playwright_() -> Iterator[Playwright]:
    # Not for the whole session: its event loop would stand in the way of asynchronous tests elsewhere.
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def camera(scratch: Path) -> Iterator[Camera]:
    one = Camera(scratch / "webcam.y4m")
    yield one
    one.close()


@pytest.fixture(scope="package")
def browser(chromium: Path, playwright_: Playwright, camera: Camera) -> Iterator[Browser]:
    """A browser whose webcam shows the enrolled person, and that plays without a click."""
    flags = [*FLAGS, *CAMERA_FLAGS, AUTOPLAY, f"--use-file-for-fake-video-capture={camera.path}"]
    one = playwright_.chromium.launch(executable_path=chromium, headless=True, args=flags)
    yield one
    one.close()


@pytest.fixture
def launch(chromium: Path, playwright_: Playwright) -> Iterator[Callable[..., Browser]]:
    """Start a browser with flags of the test's own."""
    started: list[Browser] = []

    def start(*flags: str) -> Browser:
        started.append(playwright_.chromium.launch(executable_path=chromium, headless=True, args=[*FLAGS, *flags]))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def honest_tabs(chromium: Path, playwright_: Playwright, camera: Camera, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser whose tabs really hide each other: Playwright's own launch hides every change of focus."""
    profile = tmp_path / "profile"
    flags = [*FLAGS, *CAMERA_FLAGS, AUTOPLAY, f"--use-file-for-fake-video-capture={camera.path}"]
    own = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen([chromium, *flags, *own], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    port = next(line.split(":")[2].split("/")[0] for line in process.stderr if "DevTools listening on" in line)
    browser = playwright_.chromium.connect_over_cdp(f"http://127.0.0.1:{port}", no_defaults=True)
    yield browser.contexts[0]
    browser.close()
    process.terminate()
    process.wait(30)
    process.stderr.close()


@pytest.fixture
def scripted(sdk_dist: Path, lesson: Path) -> Iterator[Scripted]:
    service = Scripted(sdk_dist, lesson, WEB / "node_modules")
    yield service
    service.stop()


@pytest.fixture(scope="package")
def live(sdk_dist: Path, lesson: Path, scratch: Path) -> Iterator[LiveService]:
    """The real service, with real models, and a course page of another origin in front of it."""
    photo = scratch / "enrolment.png"
    Image.fromarray(portrait()).save(photo)
    pages = Scripted(sdk_dist, lesson, WEB / "node_modules")
    service = LiveService(scratch, photo, pages)
    yield service
    service.stop()
    pages.stop()


class Tab:
    """A page and its errors."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(f"pageerror: {error}"))
        page.on("console", self._console)
        page.on("request", lambda request: self.requests.append(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def until(self, expression: str) -> None:
        """Wait until a JavaScript expression holds in the page."""
        # Not wait_for_function: it needs `eval`, which a strict content security policy forbids.
        deadline = time.monotonic() + PATIENCE_MS / 1_000
        while not self.page.evaluate(f"() => Boolean({expression})"):
            if time.monotonic() > deadline:
                told = self.page.evaluate("() => JSON.stringify([window.session?.status, window.events?.slice(-12)])")
                raise AssertionError(f"waited in vain for {expression}; the page knows {told}; {self.complaints}")
            self.page.wait_for_timeout(100)

    def played_ms(self) -> float:
        """Where the player is."""
        return float(self.page.evaluate("document.querySelector('video').currentTime * 1000"))

    def event(self, kind: str, where: str = "true") -> None:
        """Wait until the session has said an event."""
        self.until(f"window.events?.some((event) => event.type === {kind!r} && ({where}))")

    def play(self) -> None:
        self.page.evaluate("() => { document.querySelector('video').play().catch(() => undefined); }")

    def shot(self, name: str) -> None:
        """Keep a screenshot where BROWSER_ARTEFACTS says."""
        folder = os.environ.get("BROWSER_ARTEFACTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def tab(browser: Browser) -> Iterator[Callable[..., Tab]]:
    """Open a page in a context of its own: ``tab(address, viewport=..., color_scheme=...)``."""
    contexts: list[BrowserContext] = []

    def open_tab(address: str, *, on: Browser | None = None, **options: object) -> Tab:
        context = (on or browser).new_context(**options)
        context.add_init_script(path=Path(__file__).with_name("probe.js"))
        contexts.append(context)
        one = Tab(context.new_page())
        one.page.goto(address)
        return one

    yield open_tab
    for context in contexts:
        context.close()
