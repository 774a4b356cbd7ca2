"""Watching a log from outside: rounds over a checked copy, and alarms."""
