"""The ``zaichang`` command."""


def main() -> int:
    """Run the command line; returns the exit code (0 ok, 1 finding, 2 cannot decide, 3 usage)."""
    raise SystemExit("zaichang: no command is available yet")
