"""A log key that is not on this machine's disk: a command signs (smart card, HSM by PKCS#11, remote signer).

The command gets one more argument:

* ``<command> vkey`` prints the verifier key line (``origin+id+base64``). It runs once, at start.
* ``<command> sign`` reads the text from standard input and prints the signature as base64.

Each signature is checked with the verifier key before use, so a wrong key cannot get into the log.
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
    """A ``Signer`` that runs a command.

    Args:
        command: Program and arguments, quoted as in a shell; no shell runs.
        name: The log's origin; the key must have this name.

    Raises:
        ConfigError: ``log.signer`` if the command is empty or its key has another name.
        StorageError: ``log.signer`` if it cannot be run.
    """

    def __init__(self, command: str, name: str) -> None:
        """Ask the command for the verifier key."""
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
        """Return the command's signature over a text, after checking it.

        Raises:
            StorageError: ``log.signer`` if there is no valid signature; nothing was changed.
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
