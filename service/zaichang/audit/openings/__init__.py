"""Openings of a bundle: events, minute records, fields of leaves and kept captures, held against their commitments."""
