"""``python -m zaichang``: the same as the ``zaichang`` command."""

from zaichang.cli import main

raise SystemExit(main())
