"""Keeps a running log witnessed: asks for the known size at start, then requests cosignatures for new checkpoints."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from zaichang.core.errors import ConfigError, EvidenceError, FatalLogError, NotFound, StorageError
from zaichang.log.exchange import in_daemon, side_by_side
from zaichang.log.reader import LogReader
from zaichang.log.witness_client import DEADLINE_S, add_cosignatures, ask, keep_witnessed, known_size
from zaichang.log.witness_history import HistoryKeeper
from zaichang.ports.log.open_logs import Beacon
from zaichang.ports.log.places import LogPlace
from zaichang.tlog.beacon import BeaconKey, find_beacon, parse_beacon_key
from zaichang.tlog.checkpoint import Checkpoint
from zaichang.tlog.keys import KeyVerifier, parse_vkey
from zaichang.tlog.note import format_note, open_note, parse_note, parse_signature_lines

PERIOD_S: Final = 5.0
START_DEADLINE_S: Final = 5.0
"""For all witnesses together when a log is opened and none must answer: sessions wait for the log."""
ROUND_S: Final = 2 * DEADLINE_S + 1.0
"""For all witnesses together in a round; each may correct our idea of its size once."""
LAST_ROUND_S: Final = 5.0
"""How long the start and the shutdown wait for a round of the witnesses."""
_log = logging.getLogger("zaichang.log")


class StartRule(StrEnum):
    """The rule for a start at which no witness answers, so that a restored backup cannot be detected.

    ``WARN`` continues to sign, because a regulator's server that is off must not stop learners. A restored backup is
    detected
    in the first round that reaches a witness. The log then stops; the checkpoints signed in between are a fork that the
    witness can prove. ``REQUIRE`` does not open the log before a witness has answered.
    """

    WARN = "warn"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPeer:
    """A witness that the log sends its checkpoints to.

    Attributes:
        url: Its address.
        key: Its key.
        beacon: Its key for beacons; None where it makes none.
    """

    url: str
    key: KeyVerifier
    beacon: BeaconKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """The result of a round of requests to the witnesses.

    Attributes:
        checkpoint: The cosigned checkpoint.
        at_ms: The latest time that a witness stated in its cosignature.
        beacon: The first beacon among the answers; None if no answer had one.
    """

    checkpoint: Checkpoint
    at_ms: int = 0
    beacon: Beacon | None = None


def parse_peer(text: str) -> WitnessPeer:
    """Read ``URL VKEY``, or ``URL VKEY BEACONKEY``.

    Raises:
        ConfigError: ``witness.peer``.
    """
    url, vkey, beacon, *more = (*text.split(), "", "", "")
    try:
        if any(more):
            raise EvidenceError("E_VKEY", "more than two keys")
        return WitnessPeer(url=url, key=parse_vkey(vkey), beacon=parse_beacon_key(beacon) if beacon else None)
    except EvidenceError as error:
        raise ConfigError("witness.peer", f"A witness is given as URL and verifier key: {error.message}") from None


def largest_known(place: LogPlace, peers: Sequence[WitnessPeer], rule: StartRule = StartRule.WARN) -> int:
    """Return the largest size that any witness has cosigned. A witness that does not answer is skipped, with a warning.

    Args:
        place: The log.
        peers: Its witnesses.
        rule: Whether one must answer.

    Raises:
        StorageError: ``witness.none_reached`` under ``REQUIRE`` if none answers.
    """
    try:
        reader = LogReader(place.published)
    except NotFound:
        reader = None  # a log that does not exist yet cannot be behind
    if reader is None:
        return 0
    deadline_s = START_DEADLINE_S if rule is StartRule.WARN else DEADLINE_S
    answers = side_by_side([partial(known_size, peer.url, reader, deadline_s) for peer in peers], deadline_s)
    largest, answered = 0, 0
    for peer, answer in zip(peers, answers, strict=True):
        if isinstance(answer, int):
            largest, answered = max(largest, answer), answered + 1
        elif isinstance(answer, StorageError | TimeoutError):
            _log.warning("starting without asking %s: %s", peer.key.name, answer)
        else:
            raise answer
    if peers and not answered and rule is StartRule.REQUIRE:
        raise StorageError(
            "witness.none_reached",
            "No witness answers, so it is unknown whether this log is an old backup.",
            "Reach one, or set log_witness_start to warn.",
        )
    return largest


def cosign_round(
    place: LogPlace,
    peers: Sequence[WitnessPeer],
    sizes: dict[str, int],
    history: HistoryKeeper | None = None,
    given_up: threading.Event | None = None,
) -> Cosigned | None:
    """Have the published checkpoint cosigned by every witness that answers; return None if none does.

    Args:
        place: The log.
        peers: Its witnesses.
        sizes: The size that each witness is believed to know, by its key's name; updated here.
        history: Stores cosigned checkpoints; None stores none.
        given_up: Set where the caller no longer waits for the result.

    Raises:
        FatalLogError: ``log.rolled_back`` if a witness has seen more than this log holds.
    """
    reader = LogReader(place.published)
    note = reader.checkpoint.note
    cosigned = False
    beacon: Beacon | None = None
    asked = [partial(ask, peer.url, reader, min(sizes.get(peer.key.name, 0), reader.size)) for peer in peers]
    for peer, answer in zip(peers, side_by_side(asked, ROUND_S), strict=True):
        try:
            if isinstance(answer, Exception):
                raise answer
            note = add_cosignatures(note, answer, [peer.key])
            beacon = beacon or _beacon_of(note, answer, peer)
        except EvidenceError as error:
            if error.code == "E_CONSISTENCY":
                raise FatalLogError(
                    "log.rolled_back",
                    f"{peer.key.name} has seen more than this log holds.",
                    "Compare with its records.",
                ) from error
            _log.error("%s does not cosign: %s", peer.key.name, error)
        except (StorageError, TimeoutError) as error:
            _log.warning("%s is not reached: %s", peer.key.name, error)
        else:
            sizes[peer.key.name] = reader.size
            cosigned = True
    if given_up is not None and given_up.is_set():
        return None  # the log is being closed: its files are no longer ours to write
    if not cosigned:
        return None
    keep_witnessed(place.side_files, note)
    if history is not None:
        history.keep(note, time.monotonic_ns() // 1_000_000)
    seen = open_note(note, [peer.key for peer in peers]).verified
    at_ms = max((entry.timestamp_s * 1000 for entry in seen), default=0)
    return Cosigned(checkpoint=reader.checkpoint.checkpoint, at_ms=at_ms, beacon=beacon)


async def last_round(place: LogPlace, peers: Sequence[WitnessPeer], limit_s: float = LAST_ROUND_S) -> Cosigned | None:
    """Have the published checkpoint cosigned within a time; return None if no witness answered in it.

    The round runs in a thread that the end of the process does not wait for.

    Args:
        place: The log.
        peers: Its witnesses.
        limit_s: How long to wait, in seconds.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Cosigned | None] = loop.create_future()
    given_up = threading.Event()

    def tell(result: Cosigned | None) -> None:
        if not answer.done():
            answer.set_result(result)

    def run() -> None:
        result: Cosigned | None = None
        try:
            result = cosign_round(place, peers, {}, HistoryKeeper(place.side_files), given_up)
        except (FatalLogError, StorageError, EvidenceError, NotFound) as error:
            _log.warning("the last round of witnesses of %s failed: %s", place.name, error)
        with suppress(RuntimeError):  # the loop is gone
            loop.call_soon_threadsafe(tell, result)

    threading.Thread(target=run, name="last-witness-round", daemon=True).start()
    try:
        return await asyncio.wait_for(answer, limit_s)
    except TimeoutError:
        given_up.set()
        _log.warning("no witness of %s answered within %s s", place.name, limit_s)
        return None


def _beacon_of(note: bytes, lines: bytes, peer: WitnessPeer) -> Beacon | None:
    """Return the beacon in a witness's answer; None where none is expected, it is missing, or it is not valid."""
    key = peer.beacon
    if key is None:
        return None
    parsed = parse_note(note)
    own = [line for line in parse_signature_lines(lines) if (line.name, line.key_id) == (key.name, key.key_id)]
    whole = format_note(parsed.text, (*parsed.signatures, *own))
    try:
        found = find_beacon(whole, [key])
    except EvidenceError as error:
        _log.error("the beacon of %s is not used: %s", key.name, error)
        return None
    return None if found is None else Beacon(size=found[0].size, value=found[1].hex(), note=whole.decode())


async def keep_witnessed_while_running(
    place: LogPlace,
    peers: Sequence[WitnessPeer],
    size: Callable[[], int],
    told: Callable[[Cosigned], None],
    fatal: Callable[[FatalLogError], None],
    period_s: float = PERIOD_S,
) -> None:
    """Have the log cosigned whenever it has grown, until cancelled.

    Args:
        place: The log.
        peers: Its witnesses.
        size: Returns the published size.
        told: Called with the result of each round that a witness answered.
        fatal: Called where signing on would be dishonest; the task then ends.
        period_s: Pause between rounds, in seconds.
    """
    sizes: dict[str, int] = {}
    given_up = threading.Event()
    history = HistoryKeeper(place.side_files)
    cosigned_size = -1
    try:
        while True:
            await asyncio.sleep(period_s)
            if size() == cosigned_size:
                continue
            try:
                # Not in the loop's own threads: the process would wait for those when it ends.
                cosigned = await in_daemon(partial(cosign_round, place, peers, sizes, history, given_up))
            except FatalLogError as error:
                fatal(error)
                return
            except (StorageError, EvidenceError, NotFound) as error:
                _log.error("the log could not be witnessed: %s", error)
                continue
            if cosigned is not None:
                cosigned_size = cosigned.checkpoint.size
                told(cosigned)
    finally:
        given_up.set()
