"""Ids, units, reason codes, the frame assessment, canonical encoding, errors. Standard library only, no I/O."""
