"""What an encrypted value is for; the purpose is bound to the ciphertext, so one kind cannot stand in for another."""

from typing import Final

TEMPLATE: Final = "template"
"""A learner's reference."""
