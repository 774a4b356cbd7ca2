"""Checks that no single session can pass or fail: completeness, sums, double credit, and all chains of a log."""
