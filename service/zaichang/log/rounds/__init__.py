"""Taking leaves of sessions in at the end of the round that they name."""
