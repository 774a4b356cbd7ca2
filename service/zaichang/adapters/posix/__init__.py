"""Storage as POSIX files."""
