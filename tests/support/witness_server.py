"""A witness on a free local port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zaichang.adapters.sql.witness_store import WitnessStore
from zaichang.log.witness import Witness, keys_by_origin, make_server
from zaichang.tlog.beacon import BeaconSigner
from zaichang.tlog.keys import Ed25519Cosigner

COSIGNER = Ed25519Cosigner("witness.example.org", b"\x05" * 32)
NOW_S = 1_790_000_000


@contextmanager
def serving(folder: Path, vkeys: list[str], beacons: BeaconSigner | None = None) -> Iterator[str]:
    store = WitnessStore(folder / "witness.sqlite3")
    witness = Witness(store, COSIGNER, keys_by_origin(vkeys), lambda: NOW_S, beacons)
    server = make_server(witness, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()
