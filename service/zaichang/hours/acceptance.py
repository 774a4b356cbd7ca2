"""The gate before a certificate where rules ask for the authority's acceptance first (附件1 二（一）)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from zaichang.core.errors import ConfigError, NotAllowed
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.hours.filing.standing import accepted_amounts
from zaichang.hours.packs import shipped_rules
from zaichang.ledger.facts import Fact
from zaichang.ledger.filing.wanted import wanted
from zaichang.ledger.rules import HourRules
from zaichang.ledger.statement import Statement, shown
from zaichang.ledger.window import window_of
from zaichang.ports.hours.filing import FilingStore
from zaichang.tlog.schema import WORD

SETTING: Final = "certificate_after"


class AcceptedGate:
    """Lets a certificate pass where a platform has accepted exactly what the institution has to file for it.

    Credits that others gave, and hours that a later year makes up, are not the institution's to file, so they are not
    asked about (``ledger.filing.wanted``).
    """

    def __init__(self, store: FilingStore, targets: Mapping[str, str]) -> None:
        """Set up the gate.

        Args:
            store: The filed rows.
            targets: Name of a pack to the platform that must have accepted; other packs pass.
        """
        self._store = store
        self._targets = dict(targets)

    async def check(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        rules: HourRules,
        statement: Statement,
        facts: Iterable[Fact],
    ) -> None:
        """See ``CertificateGate``."""
        target = self._targets.get(rules.name)
        if target is None:
            return
        year = statement.year
        due = wanted(statement.lines, facts, institution_id, window_of(rules, year))
        there = await accepted_amounts(self._store, institution_id, learner_id, target, year)
        for place, each in due.items():
            found = there.get(place)
            if found != each.amount:
                has = "nothing" if found is None else shown(found)
                raise NotAllowed(
                    "certificate.not_accepted",
                    f"{target} has accepted {has} of {shown(each.amount)} of course {place.course} in {year}.",
                    "File it, wait for the platform's answer, and try again.",
                )


def targets_of(values: Iterable[str]) -> dict[str, str]:
    """Return the platform of each pack, as the setting ``certificate_after`` says it: ``PACK=TARGET``.

    Raises:
        ConfigError: ``certificate.after`` naming the value.
    """
    found: dict[str, str] = {}
    for value in values:
        pack, _, target = value.partition("=")
        if pack not in shipped_rules() or not WORD.ok(target) or pack in found:
            raise ConfigError(
                "certificate.after",
                f"{SETTING} has {value[:100]!r}, which is not PACK=TARGET with a shipped pack, once.",
                f"For example cq-pharmacist-2025=cq-platform. Packs: {', '.join(shipped_rules())}.",
            )
        found[pack] = target
    return found
