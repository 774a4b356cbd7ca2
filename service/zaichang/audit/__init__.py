"""Offline checking of receipts and bundles: no database, no models, no network."""
