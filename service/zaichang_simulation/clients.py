"""The clients of one scenario together."""

from __future__ import annotations

from zaichang.session.playhead import total_ms
from zaichang_simulation.client import SimClient
from zaichang_simulation.format.loader import Loaded
from zaichang_simulation.format.types import to_ms


def lend_tokens(clients: list[SimClient]) -> None:
    """Let every client that uses another one's launch token know whose."""
    by_name = {client.spec.name: client for client in clients}
    for client in clients:
        client.lender = by_name.get(client.spec.token_of)


def honest_ms_of(loaded: Loaded, clients: list[SimClient], played_ms: int) -> int:
    """Return the honest time: the scenario's value, or the time played."""
    expect = loaded.scenario.expect
    if any(client.spec.honest_s is not None for client in clients):
        return sum(
            total_ms(client.player.played) if client.spec.honest_s is None else to_ms(client.spec.honest_s)
            for client in clients
        )
    if expect.honest_until_s is not None:
        return sum(client.honest_ms for client in clients)
    return played_ms if expect.honest_s is None else to_ms(expect.honest_s)
