"""docs/integrate.md, done as it says: its files are written out, run, and studied with."""

from __future__ import annotations

import json
import os
import re
import select
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from .clip import portrait, write_lesson
from .conftest import LESSON_S, ROOT, WEB, Open, Tab

pytestmark = pytest.mark.e2e

GUIDE = ROOT / "docs" / "integrate.md"
FILE = re.compile(r"^<!-- file: (?P<name>\S+) -->\n```\w+\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {"course_server.py", "index.html", "course.js"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def files_of_the_guide() -> dict[str, str]:
    return {found["name"]: found["body"] for found in FILE.finditer(GUIDE.read_text(encoding="utf-8"))}


def command_of_the_guide(name: str) -> list[str]:
    """Return the arguments of the one command of this name, as the guide has them."""
    (line,) = re.findall(rf"^\$ zaichang ({name} .*)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    return shlex.split(line)


class Site:
    """A folder in which the guide was followed."""

    def __init__(self, folder: Path, sdk: Path) -> None:
        self.folder, self.service_port, self.site_port = folder, free_port(), free_port()
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("ZAICHANG_")}
        self.env |= {name: os.environ[name] for name in ("ZAICHANG_MODEL_CACHE",) if name in os.environ}
        self.env["PYTHONPATH"] = str(ROOT / "service")
        self._running: list[subprocess.Popen[str]] = []
        site = folder / "site"
        site.mkdir()
        for name, body in files_of_the_guide().items():
            ported = body.replace(":8000", f":{self.service_port}").replace(":8080", f":{self.site_port}")
            (folder / name if name.endswith(".py") else site / name).write_text(ported, encoding="utf-8")
        (site / "sdk").symlink_to(sdk)
        write_lesson(site / "lesson.wav", LESSON_S)
        Image.fromarray(portrait()).save(folder / "photo.jpg", quality=95)

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str, cwd: str = ".", **more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=self.folder / cwd, env=self.env | more, stdout=subprocess.PIPE, text=True
        )
        self._running.append(process)
        return process

    def stop(self) -> None:
        while self._running:
            process = self._running.pop()
            process.terminate()
            process.wait(60)
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture
def site(tmp_path: Path, sdk_dist: Path) -> Iterator[Site]:
    one = Site(tmp_path, sdk_dist)
    yield one
    one.stop()


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens on port {port}"
            time.sleep(0.05)


def test_the_guide_names_each_file_once() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert files_of_the_guide().keys() == FILES
    assert text.count("<!-- file:") == len(FILES)
    assert re.findall(r"^## (\d+)\. ", text, re.MULTILINE) == [str(number) for number in range(1, 11)]


def test_the_guide_lists_every_error_and_event_of_the_sdk() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    codes = re.findall(r'^  \| "([a-z_.]+)"', (WEB / "src/core/errors.ts").read_text(), re.MULTILINE)
    events = re.findall(r'readonly type: "([a-z-]+)"', (WEB / "src/core/io.ts").read_text().split("CoreEvent =")[1])
    assert len(codes) > 20 and len(events) > 10
    assert [name for name in [*codes, *events] if f"`{name}`" not in text] == []


def test_the_ten_steps_lead_to_verified_minutes(site: Site, tab: Open) -> None:
    keys = json.loads(site.run("-m", "zaichang", *command_of_the_guide("course add"), "--json"))
    site.run("-m", "zaichang", *command_of_the_guide("enrol"))
    origin = f"http://127.0.0.1:{site.site_port}"
    service = f"http://127.0.0.1:{site.service_port}"
    serving = site.start(
        *("-m", "zaichang", "serve", "--data", "data", "--port", str(site.service_port)),
        ZAICHANG_ALLOWED_ORIGINS=origin,
        ZAICHANG_LOG_HOLD_BACK="false",
    )
    assert serving.stdout is not None
    assert select.select([serving.stdout], [], [], 60)[0] and "serves on" in serving.stdout.readline()
    site.start(
        str(site.folder / "course_server.py"),
        str(site.site_port),
        cwd="site",
        ZAICHANG_SERVICE=service,
        ZAICHANG_PLATFORM_KEY=keys["platform"],
    )
    wait_for_port(site.site_port)

    one: Tab = tab(origin)
    one.page.locator("[data-zaichang=status]").wait_for()
    one.play()
    one.until("document.querySelector('video').currentTime > 6")
    one.page.locator("[data-zaichang=status] button[aria-expanded]").click()
    session = one.page.evaluate("Object.values(sessionStorage).map((saved) => JSON.parse(saved).sessionId)[0]")
    one.page.get_by_role("button", name="结束学习", exact=True).click()
    one.page.locator("[data-do=finish]").click()
    one.until("document.querySelector('#minutes').dataset.closed === 'SESSION_FINISHED'")
    one.until("/已核验 [1-9]/.test(document.querySelector('#minutes').textContent)")
    complaints = [complaint for complaint in one.complaints if "favicon" not in complaint and "404" not in complaint]
    assert complaints == []
    site.stop()

    site.run("-m", "zaichang", "export", session, "--data", "data", "--out", "s.bundle", "--trust-out", "trust.txt")
    site.run("-m", "zaichang", "verify", "s.bundle", "--trust", "trust.txt")
