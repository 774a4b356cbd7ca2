"""mediapipe's FaceMesh behind the ``Network`` contract, in an interpreter of its own (docs/adr/0028).

mediapipe 0.10.21, which has FaceMesh and its models, pins numpy below 2 and brings its own OpenCV, so it cannot live
in this process. ``MediapipeMesh`` starts a child and talks to it through pipes; every answer carries the time that
the child took for the work itself, and ``timing`` says what the pipe cost besides.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn, Self

import numpy as np
import numpy.typing as npt

from benchmarks.engines.mediapipe_child import FAILED, MAGIC, OK, REPLY, REQUEST, REQUEST_MAX_BYTES
from zaichang.core.errors import ModelError

Array = npt.NDArray[Any]
CHILD: Final = Path(__file__).with_name("mediapipe_child.py")
REPLY_MAX_BYTES: Final = 2**20
START_S: Final = 60.0
RUN_S: Final = 30.0
CLOSE_S: Final = 5.0
_INSTALL: Final = (
    "Run `make compare` in the checkout, or name an interpreter that has mediapipe 0.10.21 (Python up to 3.12)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What one run took.

    Attributes:
        cpu_s: CPU time of the work in the child, every thread.
        wall_s: Wall time of the work in the child.
        whole_cpu_s: CPU time of child and parent together, transport included.
        whole_wall_s: Wall time as the caller waited.
    """

    cpu_s: float
    wall_s: float
    whole_cpu_s: float
    whole_wall_s: float


class MediapipeMesh:
    """A ``Network``: a picture in, the mesh of its largest face out. For one thread at a time; close it after use."""

    def __init__(
        self,
        python: Path,
        *,
        tracking: bool = False,
        child: Path = CHILD,
        start_s: float = START_S,
        run_s: float = RUN_S,
    ) -> None:
        """Start the child and wait until mediapipe is loaded.

        Args:
            python: The interpreter that has mediapipe.
            tracking: Follow the face from picture to picture, as for a video; otherwise look for it each time.
            child: What the interpreter runs.
            start_s: Longest wait for the start.
            run_s: Longest wait for one answer.

        Raises:
            ModelError: ``models.not_loadable``: no interpreter, no mediapipe in it, or it does not start.
        """
        self._python, self._run_s = python, run_s
        self._errors = tempfile.TemporaryFile()
        command = [str(python), "-I", str(child), "tracking" if tracking else "anew"]
        try:
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, bufsize=0
            )
        except OSError as error:
            self._errors.close()
            raise ModelError(
                "models.not_loadable", f"{python} cannot be started: {error.strerror}.", _INSTALL
            ) from error
        pipes = [pipe for pipe in (self._child.stdin, self._child.stdout) if pipe is not None]
        self._to, self._from = (pipe.fileno() for pipe in pipes)
        for descriptor in (self._to, self._from):
            os.set_blocking(descriptor, False)
        status, _, _, self._child_cpu_ns, payload = self._reply(time.monotonic() + start_s)
        if status != OK:
            self._stop(_text(payload))
        try:
            self.about: dict[str, str] = dict(json.loads(payload))
        except ValueError:
            self._stop("the child does not speak our protocol")
        self.timing: Timing | None = None

    def run(self, value: Array) -> list[Array]:
        """Return ``[points]``, ``(n, 468, 3)`` float32 in picture pixels, n 0 or 1.

        Args:
            value: ``(height, width, 3)`` uint8 BGR; or one row of uint8, an encoded picture that the child decodes.

        Raises:
            ModelError: ``models.not_loadable``: the child has ended, is silent, or answers nonsense.
            ValueError: The value is no picture or larger than a request may be; or mediapipe refuses it.
        """
        picture = value.ndim == 3 and value.shape[2] == 3 and value.size
        if value.dtype != np.uint8 or not (picture or (value.ndim == 1 and value.size)):
            raise ValueError("FaceMesh takes (height, width, 3) bytes or one row of bytes")
        if value.nbytes > REQUEST_MAX_BYTES:
            raise ValueError(f"a picture of {value.nbytes} bytes is larger than the {REQUEST_MAX_BYTES} of a request")
        if self._child.poll() is not None:
            self._stop("the child has ended")
        wall, cpu, child_cpu_ns = time.perf_counter(), time.process_time(), self._child_cpu_ns
        deadline = time.monotonic() + self._run_s
        height, width = value.shape[:2] if picture else (0, 0)
        self._send(REQUEST.pack(MAGIC, height, width, value.nbytes), deadline)
        self._send(np.ascontiguousarray(value).data.cast("B"), deadline)
        status, cpu_ns, wall_ns, self._child_cpu_ns, payload = self._reply(deadline)
        if status == FAILED:
            raise ValueError(f"mediapipe: {_text(payload)}")
        if status != OK or len(payload) % (468 * 3 * 4) or len(payload) > 468 * 3 * 4:
            self._stop("the child does not speak our protocol")
        points = np.frombuffer(payload, np.float32).reshape(-1, 468, 3)
        self.timing = Timing(
            cpu_s=cpu_ns / 1e9,
            wall_s=wall_ns / 1e9,
            whole_cpu_s=time.process_time() - cpu + (self._child_cpu_ns - child_cpu_ns) / 1e9,
            whole_wall_s=time.perf_counter() - wall,
        )
        return [points]

    def close(self) -> None:
        """End the child: it leaves when its input ends, and is killed where it does not. May be called again."""
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._child.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._errors.close()

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _send(self, data: bytes | memoryview, deadline: float) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._to, view) :]
            except BlockingIOError:
                self._wait(self._to, select.POLLOUT, deadline)
            except (OSError, ValueError):
                self._stop("the child has ended")

    def _reply(self, deadline: float) -> tuple[int, int, int, int, bytes]:
        magic, status, cpu_ns, wall_ns, all_cpu_ns, size = REPLY.unpack(self._receive(REPLY.size, deadline))
        if magic != MAGIC or size > REPLY_MAX_BYTES:
            self._stop("the child does not speak our protocol")
        return status, cpu_ns, wall_ns, all_cpu_ns, self._receive(size, deadline)

    def _receive(self, size: int, deadline: float) -> bytes:
        parts, missing = [], size
        while missing:
            try:
                part = os.read(self._from, min(missing, 2**16))
            except BlockingIOError:
                self._wait(self._from, select.POLLIN, deadline)
                continue
            if not part:
                self._stop("the child has ended")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            self._stop("the child is silent")

    def _stop(self, what: str) -> NoReturn:
        """Kill the child, which is of no more use, and say why, with the last line that it printed."""
        self._child.kill()
        self._child.wait()
        last = ""
        if not self._errors.closed:
            end = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, end - 2_000))
            lines = _text(self._errors.read()).splitlines()
            last = f" Its last line: {lines[-1]}" if lines else ""
        self.close()
        raise ModelError("models.not_loadable", f"mediapipe cannot be run by {self._python}: {what}.{last}", _INSTALL)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip()
