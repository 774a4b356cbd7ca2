"""Reading a log that is on this machine: entries, proofs and checkpoints out of its public folder."""

from __future__ import annotations

from pathlib import Path

from zaichang.adapters.posix.log_store import PUBLIC
from zaichang.core.errors import EvidenceError, NotFound
from zaichang.tlog.checkpoint import SignedCheckpoint, open_checkpoint
from zaichang.tlog.keys import KeyVerifier, parse_vkey
from zaichang.tlog.tiles import CHECKPOINT_PATH, ENTRIES, WIDTH, TileId, TileTree, decode_bundle, tile_at


class LogReader:
    """Reads one log; made anew for each task, so that all its answers are of one checkpoint.

    Args:
        root: The log's folder (with ``public`` and ``vkey``).
        note: Another signed checkpoint of this log to read it by, for example a cosigned one; None for the published.

    Raises:
        NotFound: ``log.none`` if there is no log in the folder.
        EvidenceError: The checkpoint is not signed by the key beside it.
    """

    def __init__(self, root: Path, note: bytes | None = None) -> None:
        """Read and check the checkpoint."""
        self._public = root / PUBLIC
        try:
            self.verifier: KeyVerifier = parse_vkey((root / "vkey").read_text(encoding="ascii").strip())
            note = note or (self._public / CHECKPOINT_PATH).read_bytes()
        except FileNotFoundError:
            raise NotFound("log.none", f"There is no log in {root.name}.") from None
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
        # A partial tile goes when the full one is there; the full one then holds what it held, and more.
        for wanted in (tile, tile.full()):
            try:
                data = (self._public / wanted.path()).read_bytes()
            except FileNotFoundError:
                continue
            return data if wanted == tile else _cut(tile, data)
        raise EvidenceError("E_TILE", f"{tile.path()} is missing.")


def _cut(tile: TileId, data: bytes) -> bytes:
    if tile.level != ENTRIES:
        return data[: 32 * tile.width]
    position = 0
    for _ in range(tile.width):
        position += 2 + int.from_bytes(data[position : position + 2], "big")
    return data[:position]
