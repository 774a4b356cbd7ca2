"""Measures the hour ledger."""
