"""The entries of a case or fact file: their kinds and keys, read into the ledger's facts."""
