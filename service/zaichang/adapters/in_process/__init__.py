"""Adapters that live in this process alone."""
