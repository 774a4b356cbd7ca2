"""The only place where a command writes to the terminal; every line passes through ``core.text.shown``."""

from __future__ import annotations

import sys

from zaichang.core.text import shown


def say(text: str = "", *, err: bool = False, whole: bool = False) -> None:
    """Write one line; control characters and line ends within the text are escaped.

    Args:
        text: The line.
        err: Whether it goes to the standard error.
        whole: Whether it is written in full length, as a line of JSON must be.
    """
    print(shown(text, None) if whole else shown(text), file=sys.stderr if err else sys.stdout, flush=True)


def redraw(line: str, *, last: bool = False, clear: bool = False) -> None:
    """Write a line of progress over the one before it, on the standard error.

    Args:
        line: The line.
        last: Whether the next output begins a new line.
        clear: Whether the earlier line is erased first.
    """
    sys.stderr.write("\r" + ("\x1b[2K" if clear else "") + shown(line) + ("\n" if last else ""))
    sys.stderr.flush()
