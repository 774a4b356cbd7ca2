"""How hard property tests try: quickly and always alike by default, longer and at random with ZAICHANG_EFFORT=20."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

FACTOR = int(os.environ.get("ZAICHANG_EFFORT", "1"))


def effort(examples: int, *, steps: int = 50) -> settings:
    """Return settings for ``examples`` examples, times the effort asked for; ``steps`` is a machine's longest run."""
    return settings(
        max_examples=examples * FACTOR,
        stateful_step_count=steps,
        deadline=None,
        derandomize=FACTOR == 1,
        phases=[phase for phase in Phase if phase is not Phase.shrink or not os.environ.get("ZAICHANG_NO_SHRINK")],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
