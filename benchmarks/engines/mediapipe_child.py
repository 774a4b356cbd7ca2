"""The child's half of ``benchmarks.engines.mediapipe_mesh``: runs in an interpreter that has mediapipe, and only there.

Knows nothing of Zaichang and imports nothing but mediapipe, NumPy and OpenCV, which mediapipe brings along. One request
is a head and pixels (or an encoded picture), one reply a head and points; the times in the head are taken here, so
that the pipe is not counted as mediapipe's work. Standard output belongs to the protocol alone.
"""

import importlib
import json
import os
import platform
import struct
import sys
import time
from typing import Any, BinaryIO, Protocol

REQUEST = struct.Struct("!4sIII")
"""Magic, height, width (both 0: an encoded picture), bytes that follow."""
REPLY = struct.Struct("!4sBQQQI")
"""Magic, status, CPU ns and wall ns of the work, CPU ns of this process so far, bytes that follow."""
MAGIC = b"zmp1"
OK, FAILED = 0, 1
REQUEST_MAX_BYTES = 64 * 2**20
TEXT_MAX_BYTES = 2_000


class Work(Protocol):
    """The answer to a request: float32 points, three numbers each."""

    def __call__(self, height_px: int, width_px: int, data: bytes) -> bytes:
        """Return the points' bytes, none where there is no face."""
        ...


def face_mesh(tracking: bool) -> tuple[Work, dict[str, str]]:
    """Load mediapipe's FaceMesh; return it as work, with its description."""
    import cv2
    import numpy as np

    mediapipe: Any = importlib.import_module("mediapipe")

    cv2.setNumThreads(1)
    mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=not tracking, max_num_faces=1)

    def work(height_px: int, width_px: int, data: bytes) -> bytes:
        pixels = np.frombuffer(data, np.uint8)
        bgr = pixels.reshape(height_px, width_px, 3) if height_px else cv2.imdecode(pixels, cv2.IMREAD_COLOR)
        if bgr is None:
            raise ValueError("the picture cannot be decoded")
        faces = mesh.process(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)).multi_face_landmarks
        if not faces:
            return b""
        points = np.array([(point.x, point.y, point.z) for point in faces[0].landmark], np.float32)
        # z comes in the scale of x.
        scaled = points * np.array([bgr.shape[1], bgr.shape[0], bgr.shape[1]], np.float32)
        return bytes(scaled.tobytes())

    about = {
        "mediapipe": mediapipe.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "python": platform.python_version(),
    }
    return work, about


def reply(out: BinaryIO, status: int, payload: bytes, cpu_ns: int = 0, wall_ns: int = 0) -> None:
    """Write one reply."""
    out.write(REPLY.pack(MAGIC, status, cpu_ns, wall_ns, time.process_time_ns(), len(payload)))
    out.write(payload)
    out.flush()


def problem(error: BaseException) -> bytes:
    """Return an error as text of bounded length."""
    return f"{type(error).__name__}: {error}".encode()[:TEXT_MAX_BYTES]


def serve(work: Work, into: BinaryIO, out: BinaryIO) -> None:
    """Answer requests until the other side closes."""
    while len(head := into.read(REQUEST.size)) == REQUEST.size:
        magic, height_px, width_px, size = REQUEST.unpack(head)
        if magic != MAGIC or size > REQUEST_MAX_BYTES or (height_px and height_px * width_px * 3 != size):
            reply(out, FAILED, b"ValueError: a request that is none of ours")
            return
        data = into.read(size)
        if len(data) < size:
            return
        wall_ns, cpu_ns = time.perf_counter_ns(), time.process_time_ns()
        try:
            points = work(height_px, width_px, data)
        except Exception as error:
            reply(out, FAILED, problem(error))
            continue
        cpu_ns, wall_ns = time.process_time_ns() - cpu_ns, time.perf_counter_ns() - wall_ns
        reply(out, OK, points, cpu_ns, wall_ns)


def main() -> None:
    """Report the engine, or the missing part, then serve."""
    out = os.fdopen(os.dup(1), "wb")
    # Native code prints to standard output as it likes; it must not land between two replies.
    os.dup2(2, 1)
    try:
        work, about = face_mesh(tracking=sys.argv[1:] == ["tracking"])
    except BaseException as error:
        reply(out, FAILED, problem(error))
        return
    reply(out, OK, json.dumps(about).encode())
    serve(work, sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
