"""The contract of ``LogStore`` and ``HeadStore``, on every medium; a further medium must pass it too."""

import pytest

from support.log_faults import ORIGIN, SIGNER
from support.log_media import LogMedium
from zaichang.core.errors import FatalLogError
from zaichang.ports.log.store import Head, Submission
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import leaf_hash


def note_of(size: int) -> bytes:
    return sign_checkpoint(Checkpoint(origin=ORIGIN, size=size, root=leaf_hash(b"")), [SIGNER])


def test_objects_are_created_once_and_never_changed(medium: LogMedium) -> None:
    store = medium.place.open_store()
    for _ in range(2):
        store.put([("tile/0/000.p/1", b"a"), ("tile/entries/x001/000", b"b")])
    assert store.get("tile/0/000.p/1") == medium.place.published.get("tile/0/000.p/1") == b"a"
    assert store.get("tile/0/001") is None
    with pytest.raises(FatalLogError) as caught:
        store.put([("tile/0/000.p/1", b"c")])
    assert caught.value.code == "log.immutable"
    store.discard(["tile/0/000.p", "tile/0/never.p"])
    assert store.get("tile/0/000.p/1") is None and store.get("tile/entries/x001/000") == b"b"


def test_a_smaller_checkpoint_never_replaces_a_larger_one(medium: LogMedium) -> None:
    store = medium.place.open_store()
    assert store.published() is None
    for size in (1, 3, 2):
        store.publish(note_of(size), size)
    assert store.published() == medium.place.published.get("checkpoint") == note_of(3)


def test_staging_outlives_the_process_and_larger_sizes_stay(medium: LogMedium) -> None:
    medium.place.open_store().stage("1-ab", b"batch")
    store = medium.place.open_store()
    assert store.staged("1-ab") == b"batch" and store.staged("2-ab") is None
    store.stage("7-cd", b"another process's")
    store.clear_staging(6)
    assert (store.staged("1-ab"), store.staged("7-cd")) == (None, b"another process's")
    store.clear_staging(7)
    assert store.staged("7-cd") is None


def test_the_head_moves_only_from_what_it_was(medium: LogMedium) -> None:
    medium.place.open_store()
    heads = medium.place.open_heads()
    first, second = Head(note=b"1", at_ms=1), Head(note=b"2", at_ms=2)
    entry = Submission(key=("s", 0), index=0, leaf_hash=bytes(32))
    assert heads.load("a") is None
    assert heads.swap("a", None, first, [])
    assert not heads.swap("a", None, second, [])
    assert not heads.swap("a", b"0", second, [entry])
    assert heads.find("a", [("s", 0)]) == {}
    assert heads.swap("a", b"1", second, [entry])
    heads.close()
    heads = medium.place.open_heads()
    assert (heads.load("a"), heads.load("b")) == (second, None)
    assert heads.find("a", [("s", 0), ("s", 1)]) == {("s", 0): entry}
    assert heads.find("b", [("s", 0)]) == {}, "keys belong to one log"
    with pytest.raises(FatalLogError) as caught:
        heads.swap("a", b"2", Head(note=b"3", at_ms=3), [entry])
    assert caught.value.code == "log.head_unknown"
    assert heads.load("a") == second, "and nothing of that transaction stays"
    heads.close()


def test_two_processes_race_for_the_head_and_one_wins(medium: LogMedium) -> None:
    medium.place.open_store()
    one, two = medium.place.open_heads(), medium.place.open_heads()
    assert one.swap("a", None, Head(note=b"1", at_ms=1), [])
    won = [store.swap("a", b"1", Head(note=note, at_ms=2), []) for store, note in ((one, b"x"), (two, b"y"))]
    assert won == [True, False]
    assert two.load("a") == Head(note=b"x", at_ms=2)
    one.close()
    two.close()
