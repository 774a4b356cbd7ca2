"""The scenario format: what a file may say, with bounds and units, and its strict loader (docs/simulation.md)."""
