"""Asks a time-stamping authority for a stamp of the log's checkpoint every hour, and keeps it beside the log.

An authority that is dead, slow or lying costs a warning and nothing else: no leaf waits for it. The asking never ends
while the service runs, whatever goes wrong.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.x509 import Certificate

from zaichang.audit.time_checks import SKEW_MS
from zaichang.audit.whole.stamps import Stamp, stamp_line
from zaichang.core.errors import ConfigError, EvidenceError, StorageError, ZaichangError
from zaichang.log.exchange import Exchange, in_daemon
from zaichang.log.reader import LogReader
from zaichang.log.stamps.tokens import MAX_RESPONSE_BYTES, check_token, request
from zaichang.ports.log.places import LogPlace
from zaichang.ports.log.side_files import SideFile

PERIOD_S: Final = 3_600.0
RETRY_S: Final = 300.0
DEADLINE_S: Final = 20.0
_HEADERS: Final = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
_OK: Final = 200

_log = logging.getLogger("zaichang.log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A time-stamping authority.

    Attributes:
        url: Where it answers, ``http://`` or ``https://``.
        roots: Certificates that its chain must end in.
    """

    url: str
    roots: Sequence[Certificate]


def connect(url: str) -> Exchange:
    """Return the exchange with an authority; its first request connects.

    Raises:
        ConfigError: ``tsa.address``.
    """
    wrong = ConfigError("tsa.address", f"{url} is no HTTP address.", "Give the authority's http(s) address.")
    return Exchange(url, wrong)


def stamp_now(place: LogPlace, authority: Authority, now_ms: Callable[[], int], deadline_s: float = DEADLINE_S) -> int:
    """Have the published checkpoint stamped, and keep the stamp; return its size. Blocks.

    Args:
        place: The log.
        authority: Who is asked.
        now_ms: Server time.
        deadline_s: Seconds for the whole exchange.

    Raises:
        StorageError: ``tsa.unreachable``, or the stamp cannot be kept.
        EvidenceError: ``E_STAMP`` for an answer that is no stamp of this checkpoint, or of another time than now.
        ConfigError: ``tsa.address``.
        NotFound: There is no log yet.
    """
    exchange = connect(authority.url)
    signed = LogReader(place.published).checkpoint
    asked = request(signed.note)
    try:
        status, response = exchange.request("POST", "", asked.as_bytes(), MAX_RESPONSE_BYTES + 1, deadline_s, _HEADERS)
    except (OSError, http.client.HTTPException) as error:
        raise StorageError("tsa.unreachable", f"The time-stamping authority does not answer ({error!r}).") from error
    finally:
        exchange.close()
    if status != _OK:
        raise StorageError("tsa.unreachable", f"The time-stamping authority answers with status {status}.")
    at_ms = check_token(signed.note, response, authority.roots, asked.nonce)
    if abs(at_ms - now_ms()) > SKEW_MS:
        raise EvidenceError("E_STAMP", f"The authority's time is {at_ms - now_ms()} ms from the server's.")
    place.side_files.append_line(SideFile.TIMESTAMPS, stamp_line(Stamp(note=signed.note, response=response)))
    return signed.checkpoint.size


async def keep_stamped_while_running(
    place: LogPlace,
    authority: Authority,
    size: Callable[[], int],
    now_ms: Callable[[], int],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Have a log stamped every hour in which it has grown, until cancelled.

    Args:
        place: The log.
        authority: Who is asked.
        size: Returns the published size.
        now_ms: Server time.
        sleep: Waits for a number of seconds.
    """
    stamped = 0
    while True:
        pause_s = PERIOD_S
        if size() > stamped:
            try:
                stamped = await in_daemon(lambda: stamp_now(place, authority, now_ms))
            except ZaichangError as error:
                _log.warning("the log %s is not time-stamped: %s", place.name, error)
                pause_s = RETRY_S
            except Exception:
                # A task that ended here would leave the log without stamps, and no one would be told.
                _log.exception("the log %s is not time-stamped", place.name)
                pause_s = RETRY_S
        await sleep(pause_s)
