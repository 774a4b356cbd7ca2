"""Storage in SQL."""
