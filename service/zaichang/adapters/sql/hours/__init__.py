"""The hour ledger's rows in SQLite."""
