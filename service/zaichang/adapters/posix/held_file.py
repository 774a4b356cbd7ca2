"""A small file that one process of this computer holds, with a word that stays the same."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zaichang.core.errors import ConfigError, NotAllowed
from zaichang.core.ids import check_id

_WORD_MAX = 64


@contextmanager
def held(path: Path, fresh: str) -> Iterator[str]:
    """Hold a file as long as the context lasts; yield the word in it.

    Args:
        path: The file; it is made where there is none.
        fresh: The word of a new file.

    Raises:
        NotAllowed: ``filing.run_held`` where another process holds it.
        ConfigError: ``filing.not_writable``.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError("filing.not_writable", f"{path} cannot be written ({error.strerror}).") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NotAllowed(
                "filing.run_held", f"Another process on this computer holds {path}.", "Stop it first."
            ) from None
        word = os.read(descriptor, _WORD_MAX + 1).decode("ascii", "replace").strip()
        if not word:
            word = fresh
            os.write(descriptor, fresh.encode("ascii"))
            os.fsync(descriptor)
        yield check_id(word, str(path))
    finally:
        os.close(descriptor)
