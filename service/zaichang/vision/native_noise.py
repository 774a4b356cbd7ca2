"""A filter that keeps known harmless lines of native libraries off the terminal.

LiteRT and OpenCV write straight to file descriptor 2 and have no setting that stops it. An operator should not
have to learn which of those lines are harmless.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

HARMLESS: Final = (
    b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.",
    b"is not supported with codec id",
)


@contextmanager
def without_native_noise() -> Iterator[None]:
    """Hold back the output to descriptor 2 while the block runs, then pass on all but the harmless lines.

    For short, single-threaded moments (loading a model, opening a video writer): the descriptor is the process's.
    """
    sys.stderr.flush()
    original = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
            held.seek(0)
            for line in held:
                if not any(harmless in line for harmless in HARMLESS):
                    os.write(2, line)
