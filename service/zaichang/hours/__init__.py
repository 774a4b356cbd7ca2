"""The shell around the hour ledger: rule packs, files of facts and cases, and the feed from the service's records."""
