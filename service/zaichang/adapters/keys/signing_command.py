"""A log key that is not on this machine's disk: a command signs (a smart card, an HSM by PKCS#11, a remote signer).

The command is run with one word more, the text to sign on its standard input:

* ``<command> vkey``: prints the verifier key line (``origin+id+base64``), once at start;
* ``<command> sign``: prints the base64 of the signature bytes over what it reads.

Its output is checked with the verifier key before any use, so a wrong or mixed-up key cannot
get into the log.
"""

from __future__ import annotations

import shlex
import subprocess
from typing import Final

from zaichang.core.errors import ConfigError, EvidenceError, StorageError
from zaichang.tlog.keys import decode_base64, parse_vkey

TIMEOUT_S: Final = 10
_HINT: Final = "Run the command by hand: it must print one line and end with status 0."


class CommandSigner:
    """A ``Signer`` behind a command.

    Args:
        command: Program and arguments, as in a shell but without one.
        name: The log's origin, which the key must be named like.

    Raises:
        ConfigError: ``log.signer`` if the command is empty or its key is another's.
        StorageError: ``log.signer`` if it cannot be run.
    """

    def __init__(self, command: str, name: str) -> None:
        """Ask for the verifier key."""
        try:
            self._command = shlex.split(command)
        except ValueError as error:
            raise ConfigError("log.signer", f"The signing command cannot be read ({error}).") from None
        if not self._command:
            raise ConfigError("log.signer", "The signing command is empty.")
        line = self._run("vkey", b"")
        try:
            self._verifier = parse_vkey(line)
        except EvidenceError as error:
            raise ConfigError("log.signer", f"The signing command printed no verifier key: {error.message}") from None
        if self._verifier.name != name:
            raise ConfigError("log.signer", f"The signing command's key is named {self._verifier.name}, not {name}.")
        self.name = name
        self.key_id = self._verifier.key_id
        self.vkey = self._verifier.vkey

    def sign(self, text: bytes) -> bytes:
        """Return the command's signature, checked.

        Raises:
            StorageError: ``log.signer``: nothing was signed, nothing has happened.
        """
        try:
            signature = decode_base64(self._run("sign", text))
        except EvidenceError as error:
            raise StorageError("log.signer", "The signing command did not print base64.", _HINT) from error
        if self._verifier.verify(text, signature) is None:
            raise StorageError("log.signer", "The signing command's signature does not check.", _HINT)
        return signature

    def _run(self, word: str, given: bytes) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, no shell
                [*self._command, word], input=given, capture_output=True, timeout=TIMEOUT_S, check=True
            )
            return done.stdout.decode("ascii").strip()
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
            # Never its output: it may hold a PIN.
            raise StorageError("log.signer", f"The signing command failed ({type(error).__name__}).", _HINT) from error
