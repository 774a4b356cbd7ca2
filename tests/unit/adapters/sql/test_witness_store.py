import threading
from pathlib import Path

from zaichang.adapters.sql.witness_store import WitnessStore
from zaichang.core.errors import StorageError
from zaichang.tlog.witness import NOTHING, Seen


def test_the_memory_moves_only_from_what_it_was(tmp_path: Path) -> None:
    first, second = Seen(size=1, root=bytes(32)), Seen(size=2, root=b"\x01" * 32)
    store = WitnessStore(tmp_path / "w")
    assert store.load("a") == NOTHING
    assert not store.advance("a", first, second)
    assert store.advance("a", NOTHING, first)
    assert not store.advance("a", NOTHING, second)
    assert store.advance("a", first, second)
    store.close()
    store = WitnessStore(tmp_path / "w")
    assert store.load("a") == second
    assert store.load("b") == NOTHING
    store.close()


def test_a_memory_that_is_closed_under_a_request_is_an_error_and_no_crash(tmp_path: Path) -> None:
    """A server that stops closes its memory while connections may still be answered."""
    for number in range(20):
        store = WitnessStore(tmp_path / f"witness-{number}.sqlite3")
        ended: list[str] = []

        def ask(store: WitnessStore = store, ended: list[str] = ended) -> None:
            seen = NOTHING
            try:
                for size in range(1, 10_000):
                    after = Seen(size=size, root=bytes(32))
                    assert store.advance("log", seen, after)
                    assert (seen := store.load("log")) == after
            except StorageError as error:
                ended.append(error.code)

        asking = threading.Thread(target=ask)
        asking.start()
        while store_size(store) < number % 4:
            pass
        store.close()
        asking.join()
        assert ended == ["witness.store"]


def store_size(store: WitnessStore) -> int:
    return store.load("log").size
