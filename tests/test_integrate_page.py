"""docs/integrate.md: its server and its snippets in other languages work as it says; the browser's part is in e2e."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import repository

PAGE = (repository.ROOT / "docs" / "integrate.md").read_text(encoding="utf-8")
KEY = "zp-1"


def block(name: str) -> str:
    """Return the code under the mark of this name."""
    [body] = re.findall(rf"^<!-- (?:file|example): {re.escape(name)} -->\n```\w+\n(.*?)^```$", PAGE, re.M | re.S)
    return str(body)


@contextlib.contextmanager
def stand_in() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Answer ``/v1/launch`` as the service does; give the address and the list of bodies that came."""
    asked: list[dict[str, str]] = []

    class Launch(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert (self.path, self.headers["Authorization"]) == ("/v1/launch", f"Bearer {KEY}")
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            answer = json.dumps({"token": f"token.of.{asked[-1]['route']}", "launch": "l"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Launch) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def environment(service: str) -> dict[str, str]:
    return {**os.environ, "ZAICHANG_SERVICE": service, "ZAICHANG_PLATFORM_KEY": KEY}


def test_the_course_server_launches_by_the_route_that_the_learner_chose(tmp_path: Path) -> None:
    # Port 0: the system chooses one. The class is the page's; only its last line, which serves for ever, is replaced.
    source = block("course_server.py")
    last = source.strip().splitlines()[-1]
    assert last.endswith(".serve_forever()")
    script = source.replace(last, "server = " + last.removesuffix(".serve_forever()"))
    script += "print(server.server_address[1], flush=True)\nserver.serve_forever()\n"
    with stand_in() as (service, asked):
        serving = subprocess.Popen(
            [sys.executable, "-c", script, "0"],
            cwd=tmp_path,
            env=environment(service),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert serving.stdout is not None
            port = int(serving.stdout.readline())
            answers = [post(port, path) for path in ("/launch-token", "/launch-token?route=challenge")]
            assert answers == [(200, "token.of.face"), (200, "token.of.challenge")]
            assert post(port, "/launch-token?route=both")[0] == 400 and post(port, "/other")[0] == 404
        finally:
            serving.terminate()
            serving.communicate()
    assert [body["route"] for body in asked] == ["face", "challenge"]
    assert {body["learner"] for body in asked} == {"learner-17"}


def post(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", path)
        reply = connection.getresponse()
        text = reply.read().decode()
        return reply.status, text if reply.status == 200 else ""


def test_the_java_example_launches_where_there_is_java(tmp_path: Path) -> None:
    source = block("LaunchToken.java")
    assert source.count("{") == source.count("}") and "public class LaunchToken" in source
    if shutil.which("java") is None or shutil.which("javac") is None:
        return  # not every machine has it
    (tmp_path / "LaunchToken.java").write_text(source, encoding="utf-8")
    with stand_in() as (service, asked):
        done = subprocess.run(
            ["java", "-Xshare:auto", "LaunchToken.java", "learner-17", "pharmacy-2026", "lesson-1", "challenge"],
            cwd=tmp_path,
            env=environment(service),
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout.strip()) == (0, "token.of.challenge"), done.stderr
    assert asked == [
        {"learner": "learner-17", "course": "pharmacy-2026", "lesson": "lesson-1", "route": "challenge"},
    ]


def test_the_vue_example_uses_what_the_sdk_exports() -> None:
    script = block("StudyVideo.vue").split("</script>")[0].split('<script setup lang="ts">')[1]
    [names] = re.findall(r"import \{ (.*?) \} from \"@zaichang/web\"", script)
    index = (repository.ROOT / "client_sdk" / "web" / "src" / "index.ts").read_text(encoding="utf-8")
    for name in names.split(", "):
        kind, _, word = name.rpartition(" ")
        assert re.search(rf"export {'type' if kind else 'function'} {word}\b", index), name
    esbuild = repository.ROOT / "client_sdk" / "web" / "node_modules" / ".bin" / "esbuild"
    if esbuild.exists() and shutil.which("node"):
        done = subprocess.run([esbuild, "--loader=ts"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
