"""Takes typed fields out of one line of a bundle, and refuses a line with fields left over."""

from __future__ import annotations

import re
from collections.abc import Iterable

from zaichang.core.canonical import CanonicalValue
from zaichang.core.errors import EvidenceError
from zaichang.core.rules_version import RulesVersion, rules_from
from zaichang.tlog.schema import Field

_HASH = re.compile("[0-9a-f]{64}")


class LineFields:
    """The fields of one line beside its kind ``k``. Each is taken once.

    Args:
        line: The parsed line.
    """

    def __init__(self, line: dict[str, CanonicalValue]) -> None:
        """Nothing is taken yet."""
        self._left = {name: value for name, value in line.items() if name != "k"}

    def text(self, name: str) -> str:
        """Return a text.

        Raises:
            EvidenceError: ``E_FORMAT``; so from every method.
        """
        value = self._left.pop(name, None)
        if not isinstance(value, str):
            raise EvidenceError("E_FORMAT", f"{name} must be text.")
        return value

    def fitting(self, name: str, field: Field) -> str:
        """Return a text that is named in findings: it has the pattern that leaves have for it."""
        value = self.text(name)
        if not field.ok(value):
            raise EvidenceError("E_FORMAT", f"{name} must be {field.what}.")
        return value

    def one_of(self, name: str, words: tuple[str, ...]) -> str:
        """Return a text that is one of some words."""
        value = self.text(name)
        if value not in words:
            raise EvidenceError("E_FORMAT", f"{name} must be {' or '.join(words)}.")
        return value

    def rules(self, name: str) -> RulesVersion:
        """Return the versions of the sets of rules."""
        found = rules_from(self._left.pop(name, False))
        if found is None:
            raise EvidenceError("E_FORMAT", f"{name} must be the versions of the three sets of rules.")
        return found

    def blob(self, name: str) -> bytes:
        """Return a text's bytes."""
        return self.text(name).encode("utf-8")

    def hash(self, name: str) -> bytes:
        """Return 32 bytes."""
        return _unhex(self.text(name))

    def hashes(self, name: str) -> tuple[bytes, ...]:
        """Return a list of 32 bytes each."""
        return tuple(_unhex(value) for value in self.texts(name))

    def number(self, name: str) -> int:
        """Return an integer from 0."""
        value = self._left.pop(name, None)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise EvidenceError("E_FORMAT", f"{name} must be an integer from 0.")
        return value

    def texts(self, name: str) -> Iterable[str]:
        """Yield a list's texts."""
        values = self._left.pop(name, None)
        if not isinstance(values, list):
            raise EvidenceError("E_FORMAT", f"{name} must be a list of texts.")
        for value in values:
            if not isinstance(value, str):
                raise EvidenceError("E_FORMAT", f"{name} must be a list of texts.")
            yield value

    def finish(self) -> None:
        """Refuse a line that holds more."""
        if self._left:
            raise EvidenceError("E_FORMAT", f"Unknown field {min(self._left)[:48]}.")


def _unhex(text: str) -> bytes:
    if not _HASH.fullmatch(text):
        raise EvidenceError("E_FORMAT", "A salt or commitment must be 64 lower-case hex digits.")
    return bytes.fromhex(text)
