"""A hostile source: bundles that were never signed end the run at the first, and storage is not filled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.log_faults import ORIGIN, SIGNER, grow
from support.log_media import LogMedium
from zaichang.core.errors import EvidenceError, StorageError
from zaichang.log.fetch_guard import FetchGuard, Limits
from zaichang.log.mirror import Mirror, Source
from zaichang.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.tiles import ENTRIES, TileId, decode_bundle, tile_at
from zaichang.tlog.trust import trust_log

NewLog = Callable[[str], LogMedium]
SIZE = 256 * 5 + 7


class Altered:
    """A source that changes what it hands out, and counts the bundles that were asked for."""

    def __init__(self, log: LogMedium, change: Callable[[str, bytes | None], bytes | None]) -> None:
        self._get = log.place.published.get
        self._change = change
        self.bundles = 0

    def get(self, name: str) -> bytes | None:
        self.bundles += "entries" in name
        return self._change(name, self._get(name))


def mirror(source: Source, into: LogMedium, limits: Limits | None = None) -> Mirror:
    place = into.place
    store, keys = place.open_store(), place.keys
    return Mirror(source, store, keys.publish, place.side_files, trust_log(SIGNER.vkey), limits=limits or Limits())


def test_a_changed_entry_ends_the_run_at_its_bundle(new_log: NewLog) -> None:
    log = new_log("log")
    grow(log, SIZE)
    source = Altered(log, lambda name, data: data and data.replace(b"leaf 300", b"leaf 303") if "001" in name else data)
    with pytest.raises(EvidenceError, match="not under the root") as caught:
        mirror(source, new_log("copy")).run()
    assert (caught.value.code, source.bundles) == ("E_TILE", 2)


def test_a_huge_signed_size_with_garbage_ends_at_the_first_bundle(new_log: NewLog) -> None:
    log = new_log("log")
    grow(log, SIZE)
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=2**40, root=b"\x07" * 32), [SIGNER])
    garbage = b"".join(b"\x00\x07garbage" for _ in range(256))

    def change(name: str, data: bytes | None) -> bytes | None:
        return note if name == "checkpoint" else garbage if "entries" in name else b"\x01" * 8192

    source = Altered(log, change)
    with pytest.raises(EvidenceError):
        mirror(source, new_log("copy")).run()
    assert source.bundles == 1


def test_a_run_fetches_no_more_than_its_limit_and_leaves_space_free(new_log: NewLog) -> None:
    log = new_log("log")
    grow(log, SIZE)
    for limits, code in (
        (Limits(max_bytes=5_000), "mirror.max_bytes"),
        (Limits(free=lambda: 1_000_000_100), "mirror.disk_full"),
    ):
        with pytest.raises(StorageError) as caught:
            mirror(log.place.published, new_log(code), limits).run()
        assert caught.value.code == code
    enough = Limits(max_bytes=50_000, free=lambda: 2_000_000_000)
    assert mirror(log.place.published, new_log("copy"), enough).run().size == SIZE


def test_a_missing_tile_at_the_log_s_end_is_left_to_the_whole_check(new_log: NewLog) -> None:
    log = new_log("log")
    grow(log, SIZE)
    note = log.place.published.get("checkpoint") or b""
    checkpoint = open_checkpoint(note, [parse_vkey(SIGNER.vkey)]).checkpoint
    tile = tile_at(ENTRIES, 0, SIZE)
    entries = decode_bundle(log.place.published.get(tile.path()) or b"", 256)

    def absent(tile: TileId) -> bytes:
        raise EvidenceError("E_TILE", "none")

    assert FetchGuard(checkpoint, absent, Limits()).check(0, entries) is False
    source = Altered(log, lambda name, data: None if name.startswith("tile/1/") else data)
    assert mirror(source, new_log("copy")).run().size == SIZE
