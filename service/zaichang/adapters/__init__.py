"""One adapter for each medium: SQL, POSIX files, keys, in-process."""
