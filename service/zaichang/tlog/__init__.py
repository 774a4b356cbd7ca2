"""The transparency log's mathematics: leaves, Merkle tree, proofs, signed notes, tiles. Never sees a person."""
