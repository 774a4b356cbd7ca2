"""The door to the simulation, a distribution of its own: commands that need it say how to install it."""

from __future__ import annotations

import importlib
import importlib.util
from argparse import Namespace

from zaichang.core.errors import ConfigError

PACKAGE = "zaichang_simulation"


def run_there(module: str, args: Namespace) -> int:
    """Run a command whose code is in the simulation's distribution.

    Args:
        module: Name of the module below ``zaichang_simulation``; it has ``run(args)``.
        args: The parsed command line.

    Returns:
        The command's exit code.

    Raises:
        ConfigError: ``install.simulation_missing`` or ``install.service_missing``.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise ConfigError(
            "install.simulation_missing",
            "This command needs the simulation, which is not installed.",
            "Install it: in a checkout, pip install ./service/zaichang_simulation; else the wheel of the same release.",
        )
    try:
        found = importlib.import_module(f"{PACKAGE}.{module}")
    except ImportError as error:
        raise ConfigError(
            "install.service_missing",
            f"This command needs the service parts, which are not installed ({error.name}).",
            "Install them: pip install 'zaichang[service]'.",
        ) from error
    return int(found.run(args))
