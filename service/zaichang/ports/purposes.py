"""The purposes of encrypted values; the purpose is bound to the ciphertext, so one kind cannot stand in for another."""

from enum import StrEnum


class Purpose(StrEnum):
    """The value of each member is part of the data that the cipher authenticates."""

    TEMPLATE = "template"
    """A learner's reference."""
    CAPTURE = "capture"
    """A picture that was kept of a capture or a liveness challenge."""
    APPEAL = "appeal"
    """The words of an appeal."""
    ACTIVITY = "activity"
    """Evidence and words of an activity beyond study. An erasure of biometrics does not destroy them."""


class MarkKind(StrEnum):
    """The kinds of values that a keyed digest stands for."""

    LEARNER = "learner"
    """An institution's pseudonym."""
    PERSON = "person"
    """A reference to a person that institutions share."""
