"""Ports of the hour ledger's shell."""
