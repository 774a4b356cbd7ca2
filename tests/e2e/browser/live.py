"""The real service in a process of its own, and the course page in front of it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from .live_service import COURSE
from .scripted import Scripted

ROOT = Path(__file__).resolve().parents[3]
START_S = 240.0

BODY = '<video id="lesson" src="/lesson.wav" controls width="320" height="180"></video>'
SESSION = """const given = new URLSearchParams(location.hash.slice(1)), tokens = given.get("tokens").split(",");
let used = 0;
window.events = [];
window.session = ATTACH(PLAYER, {
  url: "ORIGIN/v1/session", token: () => tokens[Math.min(used++, tokens.length - 1)],
});
for (const name of ["joined", "held", "released", "set-back", "capture-sent", "capture-missed", "challenge",
    "challenge-result", "challenge-expired", "minute", "closed", "error"]) {
  window.session.on(name, (event) => { 
    window.events.push({ ...JSON.parse(JSON.stringify(event)), at: performance.now() }); });
}"""
MODULE = 'import { attach } from "/sdk/zaichang.js";'
ELEMENT = 'document.querySelector("video")'
HLS_BODY = (
    '<video id="lesson" controls width="320" height="180"></video><script src="/peer/hls.js/dist/hls.min.js"></script>'
)
HLS_MODULE = """import { attach, hlsJs } from "/sdk/zaichang.js";
window.hls = new Hls(OPTIONS);
hls.loadSource("STREAM");
hls.attachMedia(document.querySelector("video"));
"""


class LiveService:
    """Starts, kills and restarts ``live_service``; asks it for launch tokens as a learning platform would."""

    def __init__(self, folder: Path, photo: Path, pages: Scripted) -> None:
        self.data, self._photo = folder / "data", photo
        self.port = 0
        self._learner = 0
        self._process: subprocess.Popen[str] | None = None
        self._pages = pages
        self.start()

    def start(self) -> None:
        """Start, or start again on the same data and port."""
        kept = ("ZAICHANG_MODEL_CACHE", "ZAICHANG_MODEL_MIRROR")
        environment = {k: v for k, v in os.environ.items() if k in kept or not k.startswith("ZAICHANG_")}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "service"), str(ROOT / "tests" / "e2e")])
        arguments = [str(self.data), str(self.port), str(self._photo), self._pages.origin]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "browser.live_service", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], START_S)
        line = self._process.stdout.readline() if ready else ""
        if not line:
            self._process.kill()
            raise AssertionError(f"the service did not start within {START_S:.0f} s")
        said = json.loads(line)
        self.port, self._platform, self.staff = said["port"], said["platform"], said["staff"]

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(START_S)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def new_learner(self) -> str:
        self._learner += 1
        return f"learner-{self._learner}"

    def enrol(self, learner: str, photo: bytes) -> None:
        """Replace a learner's reference."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.origin}/v1/enrol/{learner}", data=photo, headers={"Authorization": f"Bearer {self._platform}"}
        )
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - loopback

    def launch(self, learner: str, lesson: str = "plain", **more: object) -> str:
        """Return a launch token."""
        asked = json.dumps({"learner": learner, "course": COURSE, "lesson": lesson, **more}).encode()
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.origin}/v1/launch", data=asked, headers={"Authorization": f"Bearer {self._platform}"}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - loopback
            return str(json.load(reply)["token"])

    def passkey_ticket(self, learner: str) -> str:
        """Return a ticket for one registration of a passkey."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.origin}/v1/enrol/{learner}/passkey", b"", headers={"Authorization": f"Bearer {self._platform}"}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - loopback
            return str(json.load(reply)["ticket"])

    def empty_page(self) -> str:
        """Return the address of a page of the course site without a player."""
        return self._pages.add_page("empty", "")

    def live_from_ms(self, token: str) -> int:
        """Return when the launch's broadcast began, as a course page is told it."""
        request = urllib.request.Request(f"{self.origin}/v1/me", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - loopback
            return int(json.load(reply)["live_from_ms"])

    def page(self, *tokens: str, iife: bool = False, sdk: str = "/sdk") -> str:
        """Return the address of a course page that studies with these launch tokens, one after another."""
        name = "iife" if iife else "module"
        code = self._session(ELEMENT).replace("ATTACH", "Zaichang.attach" if iife else "attach")
        load = '<script src="/sdk/zaichang.iife.js"></script>' if iife else ""
        kind = "" if iife else 'type="module"'
        script = f"{load}<script {kind}>{'' if iife else MODULE.replace('/sdk', sdk)}{code}</script>"
        return f"{self._pages.add_page(name, BODY + script)}#tokens={','.join(tokens)}"

    def hls_page(self, token: str, stream: str, *, live_from_ms: int = 0, **options: object) -> str:
        """Return the address of a course page that plays a stream through hls.js with these options."""
        load = HLS_MODULE.replace("STREAM", stream).replace("OPTIONS", json.dumps(options))
        code = self._session(f"hlsJs(hls, {{ liveFromMs: {live_from_ms} }})").replace("ATTACH", "attach")
        body = f'{HLS_BODY}<script type="module">{load}{code}</script>'
        return f"{self._pages.add_page('hls', body)}#tokens={token}"

    def _session(self, player: str) -> str:
        return SESSION.replace("ORIGIN", self.origin).replace("PLAYER", player)
