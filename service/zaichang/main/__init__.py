"""Composition root: the only room that names an adapter. ``service`` wires the service, ``logs`` opens logs alone."""
