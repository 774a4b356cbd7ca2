"""Composition root: the only room that imports adapters. ``service`` wires the service, ``logs`` opens logs alone."""
