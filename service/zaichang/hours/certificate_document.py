"""Makes a certificate's document of a statement. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from zaichang.audit.certificate.document import MAX_ITEMS, Certificate, Earned, RulesRef
from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import date_text
from zaichang.core.errors import NotAllowed
from zaichang.ledger.rules import HourRules, Measure
from zaichang.ledger.statement import Statement, Status
from zaichang.ledger.window import window_of
from zaichang.ports.records import Institution

_STATEMENT_MAX_BYTES = 64 * 1024 * 1024


def certificate_of(
    statement: Statement,
    values: Mapping[str, Any],
    rules: HourRules,
    institution: Institution,
    *,
    number: str,
    origin: str,
    learner: str,
    issued_ms: int,
    name_c: str = "",
    replaces: str = "",
    badge_key: str = "",
) -> Certificate:
    """Return the certificate of a statement.

    Args:
        statement: The statement.
        values: Its document, with the digests of facts and rules (``hours.fact_files.statement_of``).
        rules: Its hour rules.
        institution: Issues it.
        number: 16 hex digits.
        origin: The log that will hold its entry.
        learner: Pseudonym.
        issued_ms: Server time.
        name_c: Commitment to the holder's name, or empty.
        replaces: Number of the one that it replaces, or empty.
        badge_key: Public key of the institution's badges, or empty.

    Raises:
        NotAllowed: ``certificate.nothing`` where nothing counts in the year and no duty is done.
    """
    earned: dict[tuple[str, str], Fraction] = {}
    for line in statement.lines:
        if line.amount:
            place = (line.item, line.unit)
            earned[place] = earned.get(place, Fraction(0)) + line.amount
    done = statement.status in (Status.MET, Status.DEEMED_MET, Status.MET_BY_MAKEUP)
    if not done and not any(statement.sums.values()):
        raise NotAllowed(
            "certificate.nothing", f"Nothing counts in {statement.year}.", "Look at the statement: it says why."
        )
    window = window_of(rules, statement.year)
    return Certificate(
        number=number,
        origin=origin,
        institution=institution.institution_id,
        institution_zh=institution.name_zh,
        institution_en=institution.name_en,
        learner=learner,
        year=str(statement.year),
        from_day=date_text(window.from_ms),
        to_day=date_text(window.to_ms - 1),
        rules=RulesRef(
            name=rules.name,
            version=rules.version,
            digest=str(values["rules_digest"]),
            zh=rules.title_zh,
            en=rules.title_en,
            basis=rules.basis,
        ),
        unit=rules.unit,
        status=statement.status,
        sums=tuple((Measure(name), Fraction(amount)) for name, amount in statement.sums.items()),
        needs=tuple((need.measure, need.at_least) for need in rules.needs if need.measure in statement.sums),
        earned=tuple(
            Earned(item=item, unit=unit, counted=amount) for (item, unit), amount in list(earned.items())[:MAX_ITEMS]
        ),
        facts=str(values["facts_digest"]),
        statement=hashlib.sha256(canonical_bytes(values, _STATEMENT_MAX_BYTES)).hexdigest(),
        issued_ms=issued_ms,
        name_c=name_c,
        replaces=replaces,
        flags=statement.flags,
        badge_key=badge_key,
    )
