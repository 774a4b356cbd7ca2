"""The client's errors: one root, a stable code, and the close code where a connection ended."""

from __future__ import annotations

import pytest

from zaichang_client.errors import ClientError, ConnectionGone, SessionRefused, UnknownMessage


@pytest.mark.parametrize(("hint", "text"), [("", "a.b: It is so."), ("Do this.", "a.b: It is so. Do this.")])
def test_an_error_says_its_code_message_and_hint(hint: str, text: str) -> None:
    error = ClientError("a.b", "It is so.", hint)
    assert (str(error), error.code, error.message, error.hint) == (text, "a.b", "It is so.", hint)


def test_a_connection_that_ended_keeps_its_close_code() -> None:
    gone = ConnectionGone(1006)
    assert (gone.code, gone.close_code) == ("client.connection_gone", 1006)
    assert "1006" in str(gone) and "went away" in str(ConnectionGone(1006, "it went away"))


def test_a_refusal_keeps_the_services_code_beside_the_close_code() -> None:
    refused = SessionRefused(4003, "token.expired", "The token has expired.", "Open the lesson again.")
    assert (refused.close_code, refused.code, refused.hint) == (4003, "token.expired", "Open the lesson again.")


def test_one_root_catches_them_all() -> None:
    for error in (ConnectionGone(1), SessionRefused(1, "a.b", "m"), UnknownMessage("a.b", "m")):
        assert isinstance(error, ClientError)
