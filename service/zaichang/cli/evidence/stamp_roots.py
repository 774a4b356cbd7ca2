"""The option ``--tsa`` of the commands that check a log: whose time stamps are believed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from zaichang.audit.whole.stamps import StampedMs

TSA_HELP: Final = "root certificates (PEM) of the authority whose time stamps of the log are believed"


def stamped_ms_of(path: Path | None) -> StampedMs | None:
    """Return the check of time stamps against the certificates of a file; None for no file.

    Raises:
        ConfigError: ``tsa.certificates``, ``install.tsa_missing``.
    """
    if path is None:
        return None
    from zaichang.log.stamps.tokens import check_token, load_roots

    roots = load_roots(path)
    return lambda note, response: check_token(note, response, roots)
