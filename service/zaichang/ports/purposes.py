"""What an encrypted value is for; the purpose is bound to the ciphertext, so one kind cannot stand in for another."""

from typing import Final

TEMPLATE: Final = "template"
"""A learner's reference."""
CAPTURE: Final = "capture"
"""A picture that was kept of a capture or a liveness challenge."""
APPEAL: Final = "appeal"
"""The words of an appeal."""
