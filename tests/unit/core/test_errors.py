"""One tree of errors, each with a code, a message, a hint, and its meaning outside."""

from __future__ import annotations

import inspect

import pytest

from zaichang.core import errors
from zaichang.core.errors import EvidenceError, UndecidedEvidence, ZaichangError

KINDS = [getattr(errors, name) for name in errors.__all__]


def test_every_error_is_exported_and_in_the_tree() -> None:
    defined = {name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)}
    assert defined == set(errors.__all__)
    below = {ZaichangError: Exception, UndecidedEvidence: EvidenceError}
    assert all(kind.__bases__ == (below.get(kind, ZaichangError),) for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_three_parts(kind: type[ZaichangError]) -> None:
    error = kind("area.what", "It was wrong.", "Do this.")
    assert (error.code, error.message, error.hint) == ("area.what", "It was wrong.", "Do this.")
    assert str(error) == "area.what: It was wrong. Do this."
    assert str(kind("area.what", "It was wrong.")) == "area.what: It was wrong."
    assert error.as_dict() == {"error": {"code": "area.what", "message": "It was wrong.", "hint": "Do this."}}
    assert kind.__doc__


def test_what_each_means_outside() -> None:
    meaning = {kind.__name__: (kind.http_status, kind.close_code, kind.exit_code) for kind in KINDS}
    assert meaning == {
        "ZaichangError": (500, 4500, 2),
        "PeerViolation": (422, 4400, 2),
        "NotAllowed": (403, 4403, 2),
        "NotFound": (404, 4404, 2),
        "IllegalEvent": (409, 4409, 2),
        "ConfigError": (500, 4500, 3),
        "UnreadableInput": (422, 4400, 2),
        "EvidenceError": (409, 4500, 1),
        "UndecidedEvidence": (409, 4500, 2),
        "StorageError": (503, 4500, 2),
        "ModelError": (503, 4500, 2),
        "FatalLogError": (500, 4500, 2),
    }
