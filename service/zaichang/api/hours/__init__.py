"""Routes of the hour ledger."""
