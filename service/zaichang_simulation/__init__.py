"""Whole sessions from a scenario file, on a virtual clock or against a running service."""
