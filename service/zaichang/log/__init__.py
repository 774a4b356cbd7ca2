"""The transparency log: writing, signing, reading, mirroring and witnessing it."""
