"""Reads a log of this service: entries, proofs and checkpoints."""

from __future__ import annotations

from zaichang.core.errors import EvidenceError, NotFound
from zaichang.ports.log.store import PublishedLog
from zaichang.tlog.checkpoint import SignedCheckpoint, open_checkpoint
from zaichang.tlog.keys import KeyVerifier, parse_vkey
from zaichang.tlog.tiles import CHECKPOINT_PATH, ENTRIES, WIDTH, TileId, TileTree, decode_bundle, tile_at


class LogReader:
    """Reads one log at one checkpoint. Make a new reader for each task.

    Every method raises ``StorageError`` where the log cannot be read.

    Args:
        published: The log.
        note: The signed checkpoint to read at, for example a cosigned one; None takes the published one.

    Raises:
        NotFound: ``log.none`` if there is no log.
        EvidenceError: The checkpoint is not signed by the key beside it.
        StorageError: The log cannot be read.
    """

    def __init__(self, published: PublishedLog, note: bytes | None = None) -> None:
        """Read and check the checkpoint."""
        self._published = published
        vkey = published.verifier_key()
        note = note or published.get(CHECKPOINT_PATH)
        if vkey is None or note is None:
            raise NotFound("log.none", f"There is no log in {published.name}.")
        self.verifier: KeyVerifier = parse_vkey(vkey)
        self.checkpoint: SignedCheckpoint = open_checkpoint(note, [self.verifier], self.verifier.name)
        self.tree = TileTree(self.checkpoint.checkpoint.size, self._read)
        self._bundles: dict[int, tuple[bytes, ...]] = {}

    @property
    def size(self) -> int:
        """Number of leaves that the checkpoint covers."""
        return self.checkpoint.checkpoint.size

    def entry(self, index: int) -> bytes:
        """Return an entry's bytes.

        Raises:
            EvidenceError: ``E_TILE`` if there is none, or its bundle is missing or damaged.
        """
        number = index // WIDTH
        if number not in self._bundles:
            tile = tile_at(ENTRIES, number, self.size)
            self._bundles = {number: decode_bundle(self._read(tile), tile.width)}
        bundle = self._bundles[number]
        if index % WIDTH >= len(bundle):
            raise EvidenceError("E_TILE", f"The log has no entry {index}.")
        return bundle[index % WIDTH]

    def prove(self, index: int) -> tuple[bytes, ...]:
        """Return the inclusion proof of leaf ``index`` to the checkpoint.

        Raises:
            EvidenceError: ``E_INCLUSION``, ``E_TILE``.
        """
        return tuple(self.tree.inclusion_proof(index))

    def _read(self, tile: TileId) -> bytes:
        # A partial tile is deleted once the full one exists. The full one begins with the same hashes or entries.
        for wanted in (tile, tile.full()):
            data = self._published.get(wanted.path())
            if data is not None:
                return data if wanted == tile else _cut(tile, data)
        raise EvidenceError("E_TILE", f"{tile.path()} is missing.")


def _cut(tile: TileId, data: bytes) -> bytes:
    if tile.level != ENTRIES:
        return data[: 32 * tile.width]
    position = 0
    for _ in range(tile.width):
        position += 2 + int.from_bytes(data[position : position + 2], "big")
    return data[:position]
