"""Wires filing with platforms on the service's side."""

from __future__ import annotations

from collections.abc import Callable

from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.ids import InstitutionId
from zaichang.hours.filing.manifest import SignManifest
from zaichang.hours.filing.parts import Filing, filing_of
from zaichang.hours.filing.preparing import FilingPorts
from zaichang.log.shelf import log_origin
from zaichang.log.signing import open_signers, refuse_ended
from zaichang.main.log_writing import signing_config
from zaichang.ports.clock import Clock
from zaichang.ports.log.open_logs import OpenLogs
from zaichang.ports.log.places import LogPlaces
from zaichang.settings import Settings
from zaichang.tlog.note import sign_note


def open_filing(
    settings: Settings,
    store: SqliteStore,
    clock: Clock,
    logs: OpenLogs,
    places: LogPlaces,
    token_hex: Callable[[int], str],
) -> Filing:
    """Return filing with the adapters of a service."""
    ports = FilingPorts(
        clock=clock,
        store=store,
        facts=store,
        staff=store,
        logs=logs,
        places=places,
        sign=manifest_signer(settings, places),
        token_hex=token_hex,
        due_days=settings.review_days,
    )
    return filing_of(ports, store)


def manifest_signer(settings: Settings, places: LogPlaces) -> SignManifest:
    """Return a function that signs a manifest with the key of the institution's log.

    It raises ``ConfigError`` and ``StorageError`` with the codes of the log's keys.
    """

    def sign(institution_id: InstitutionId, year: int, text: bytes) -> bytes:
        place = places.place(institution_id, year)
        own, *_ = open_signers(
            place.keys, log_origin(settings.log_domain, institution_id, year), signing_config(settings)
        )
        refuse_ended(place.keys, own)
        return sign_note(text, [own])

    return sign
