"""The document of a certificate of hours, to which the log's entry commits. Pure.

It holds everything that a certificate says, and no name: a name is a commitment of its own, which the certificate's
holder can open. Amounts are exact fractions, written as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from zaichang.core.canonical import CanonicalValue, canonical_bytes
from zaichang.core.civil import is_day
from zaichang.core.errors import EvidenceError
from zaichang.core.text import plain
from zaichang.ledger.rules import Measure
from zaichang.ledger.statement import Flag, Status
from zaichang.tlog.commit import commitment
from zaichang.tlog.schema import HASH, ID, ORIGIN, WORD, Field

FORMAT: Final = "zaichang-certificate-document@1"
DOCUMENT: Final = "certificate"
"""Kind of the commitment to a document."""
NAME: Final = "name"
"""Kind of the commitment to a holder's name."""
MAX_DOCUMENT_BYTES: Final = 16_384
MAX_TEXT_CHARS: Final = 200
MAX_NAME_CHARS: Final = 60
MAX_ITEMS: Final = 40
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,8})(/[1-9][0-9]{0,8})?")
_NUMBER: Final = re.compile(r"[0-9a-f]{16}")
_YEAR: Final = re.compile(r"[1-9][0-9]{3}")
_UNITS: Final = ("hour", "credit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What one item of the hour rules gave in the year.

    Attributes:
        item: Name of the item.
        unit: ``hour`` (学时) or ``credit`` (学分).
        counted: The amount that counts.
    """

    item: str
    unit: str
    counted: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesRef:
    """The hour rules under which a certificate was made.

    Attributes:
        name: Of the pack.
        version: Of the pack.
        digest: SHA-256 of the rules, 64 hex digits.
        zh: Title in Chinese.
        en: Title in English.
        basis: The regulation.
    """

    name: str
    version: str
    digest: str
    zh: str
    en: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """All that a certificate says.

    Attributes:
        number: 16 hex digits, random.
        origin: The log that holds its entry.
        institution: The issuing institution's id.
        institution_zh: Its name in Chinese.
        institution_en: Its name in English.
        learner: The institution's pseudonym of the learner.
        year: Label of the year in the rules.
        from_day: First day of the year, in China.
        to_day: Last day of it.
        rules: The hour rules.
        unit: Their unit, ``hour`` (学时) or ``credit`` (学分).
        status: Whether the year's duty is done.
        sums: The sums that the rules report.
        needs: The least sums that they ask for.
        earned: What each item gave.
        facts: Digest of the facts (``ledger.digest``).
        statement: SHA-256 of the statement.
        issued_ms: Server time.
        name_c: Commitment to the holder's name, 64 hex digits; empty where none was given.
        replaces: Number of the certificate in whose place it stands, or empty.
        flags: Remarks of the statement.
        badge_key: Public Ed25519 key of the institution's badges, 64 hex digits, or empty.
    """

    number: str
    origin: str
    institution: str
    institution_zh: str
    institution_en: str
    learner: str
    year: str
    from_day: str
    to_day: str
    rules: RulesRef
    unit: str
    status: Status
    sums: tuple[tuple[Measure, Fraction], ...]
    needs: tuple[tuple[Measure, Fraction], ...]
    earned: tuple[Earned, ...]
    facts: str
    statement: str
    issued_ms: int
    name_c: str = ""
    replaces: str = ""
    flags: tuple[Flag, ...] = ()
    badge_key: str = ""

    def commitment(self, salt: bytes) -> bytes:
        """Return the entry's commitment to this document under a 32-byte salt."""
        return commitment(DOCUMENT, salt, document_bytes(self))


def name_commitment(name: str, salt: bytes) -> bytes:
    """Return the commitment to a holder's name under a 32-byte salt."""
    return commitment(NAME, salt, canonical_bytes({"name": name}))


def name_ok(name: str) -> bool:
    """Whether a text can be printed as a person's name."""
    return bool(name.strip()) and name == name.strip() and len(name) <= MAX_NAME_CHARS and plain(name)


def document_value(certificate: Certificate) -> dict[str, object]:
    """Return a certificate as plain values; empty parts are left out."""
    rules = certificate.rules
    value: dict[str, object] = {
        "format": FORMAT,
        "number": certificate.number,
        "origin": certificate.origin,
        "institution": {
            "id": certificate.institution,
            "zh": certificate.institution_zh,
            "en": certificate.institution_en,
        },
        "learner": certificate.learner,
        "year": certificate.year,
        "from": certificate.from_day,
        "to": certificate.to_day,
        "rules": {
            "name": rules.name,
            "version": rules.version,
            "digest": rules.digest,
            "zh": rules.zh,
            "en": rules.en,
            "basis": rules.basis,
        },
        "unit": certificate.unit,
        "status": str(certificate.status),
        "sums": {str(name): str(amount) for name, amount in certificate.sums},
        "needs": {str(name): str(amount) for name, amount in certificate.needs},
        "earned": [{"item": each.item, "unit": each.unit, "counted": str(each.counted)} for each in certificate.earned],
        "facts": certificate.facts,
        "statement": certificate.statement,
        "issued_ms": certificate.issued_ms,
    }
    optional = {
        "name_c": certificate.name_c,
        "replaces": certificate.replaces,
        "badge_key": certificate.badge_key,
        "flags": [str(flag) for flag in certificate.flags],
    }
    return value | {name: part for name, part in optional.items() if part}


def document_bytes(certificate: Certificate) -> bytes:
    """Return the canonical bytes of a certificate.

    Raises:
        EvidenceError: ``E_CANON`` if it is too long.
    """
    return canonical_bytes(document_value(certificate), MAX_DOCUMENT_BYTES)


def read_document(value: Mapping[str, CanonicalValue]) -> Certificate:
    """Return the certificate of plain values, which may come from a stranger.

    Raises:
        EvidenceError: ``E_FORMAT``, naming the field.
    """
    fields = _Fields(value)
    if fields.text("format") != FORMAT:
        raise EvidenceError("E_FORMAT", f"The document's format must be {FORMAT}.")
    institution, rules = _Fields(fields.object("institution")), _Fields(fields.object("rules"))
    found = Certificate(
        number=fields.like("number", _NUMBER),
        origin=fields.fitting("origin", ORIGIN),
        institution=institution.fitting("id", ID),
        institution_zh=institution.shown("zh"),
        institution_en=institution.shown("en"),
        learner=fields.fitting("learner", ID),
        year=fields.like("year", _YEAR),
        from_day=fields.day("from"),
        to_day=fields.day("to"),
        rules=RulesRef(
            name=rules.fitting("name", ID),
            version=rules.fitting("version", ID),
            digest=rules.fitting("digest", HASH),
            zh=rules.shown("zh"),
            en=rules.shown("en"),
            basis=rules.shown("basis"),
        ),
        unit=fields.word("unit", _UNITS),
        status=Status(fields.word("status", tuple(Status))),
        sums=_amounts(fields.object("sums"), "sums"),
        needs=_amounts(fields.object("needs"), "needs"),
        earned=tuple(_earned(each) for each in fields.objects("earned")),
        facts=fields.fitting("facts", HASH),
        statement=fields.fitting("statement", HASH),
        issued_ms=fields.number("issued_ms"),
        name_c=fields.fitting("name_c", HASH) if fields.has("name_c") else "",
        replaces=fields.like("replaces", _NUMBER) if fields.has("replaces") else "",
        flags=tuple(Flag(each) for each in fields.words("flags", tuple(Flag))) if fields.has("flags") else (),
        badge_key=fields.fitting("badge_key", HASH) if fields.has("badge_key") else "",
    )
    for part in (fields, institution, rules):
        part.finish()
    return found


class _Fields:
    """The fields of one object of a document. Each is taken once."""

    def __init__(self, value: Mapping[str, CanonicalValue]) -> None:
        self._left = dict(value)

    def has(self, name: str) -> bool:
        return name in self._left

    def text(self, name: str) -> str:
        value = self._left.pop(name, None)
        if not isinstance(value, str):
            raise _wrong(name)
        return value

    def fitting(self, name: str, field: Field) -> str:
        value = self.text(name)
        if not field.ok(value):
            raise _wrong(name)
        return value

    def like(self, name: str, pattern: re.Pattern[str]) -> str:
        value = self.text(name)
        if pattern.fullmatch(value) is None:
            raise _wrong(name)
        return value

    def word(self, name: str, words: Sequence[str]) -> str:
        value = self.text(name)
        if value not in words:
            raise _wrong(name)
        return value

    def words(self, name: str, words: Sequence[str]) -> list[str]:
        values = self._left.pop(name, None)
        if not isinstance(values, list) or len(set(map(str, values))) != len(values):
            raise _wrong(name)
        found = [each for each in values if isinstance(each, str) and each in words]
        if not found or len(found) != len(values):
            raise _wrong(name)
        return found

    def day(self, name: str) -> str:
        value = self.text(name)
        if not is_day(value):
            raise _wrong(name)
        return value

    def shown(self, name: str) -> str:
        value = self.text(name)
        if len(value) > MAX_TEXT_CHARS or not plain(value):
            raise _wrong(name)
        return value

    def number(self, name: str) -> int:
        value = self._left.pop(name, None)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise _wrong(name)
        return value

    def object(self, name: str) -> dict[str, CanonicalValue]:
        value = self._left.pop(name, None)
        if not isinstance(value, dict):
            raise _wrong(name)
        return value

    def objects(self, name: str) -> list[dict[str, CanonicalValue]]:
        values = self._left.pop(name, None)
        if not isinstance(values, list) or len(values) > MAX_ITEMS:
            raise _wrong(name)
        found = [each for each in values if isinstance(each, dict)]
        if len(found) != len(values):
            raise _wrong(name)
        return found

    def finish(self) -> None:
        if self._left:
            raise EvidenceError("E_FORMAT", f"The document has the unknown field {min(self._left)[:48]}.")


def _earned(value: dict[str, CanonicalValue]) -> Earned:
    fields = _Fields(value)
    found = Earned(
        item=fields.fitting("item", WORD),
        unit=fields.word("unit", _UNITS),
        counted=Fraction(fields.like("counted", _AMOUNT)),
    )
    fields.finish()
    return found


def _amounts(values: Mapping[str, CanonicalValue], name: str) -> tuple[tuple[Measure, Fraction], ...]:
    found = []
    for measure, amount in values.items():
        if measure not in tuple(Measure) or not isinstance(amount, str) or _AMOUNT.fullmatch(amount) is None:
            raise _wrong(name)
        found.append((Measure(measure), Fraction(amount)))
    if not found and name == "sums":
        raise _wrong(name)
    return tuple(sorted(found, key=lambda each: list(Measure).index(each[0])))


def _wrong(name: str) -> EvidenceError:
    return EvidenceError("E_FORMAT", f"{name} of the certificate's document is missing or has another form.")
