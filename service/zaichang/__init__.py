"""Zaichang (在场): online study as verified minutes that anyone entitled to can check."""

__version__ = "0.1.0"
