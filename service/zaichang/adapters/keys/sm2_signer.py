"""An SM2 key in a file. Sites that must pass a 密评 assessment use a certified device through the signing command."""

from __future__ import annotations

from pathlib import Path

from zaichang.adapters.keys.log_keys import load_or_create_secret
from zaichang.core.errors import ConfigError
from zaichang.tlog.keys import SignatureType, format_vkey, key_id, valid_key_name
from zaichang.tlog.sm import USER_ID, encode_public


class Sm2Signer:
    """Signs note texts with SM2 and SM3 (signature type ``0xff`` ``gm/sm2-sm3``).

    Args:
        name: The log's origin, or its SM3 tree's.
        secret: 32 secret bytes.

    Raises:
        ConfigError: ``verify.no_sm`` where the extra ``[sm]`` is not installed; ``log.key_name``.
    """

    def __init__(self, name: str, secret: bytes) -> None:
        """Derive the public key."""
        if not valid_key_name(name):
            raise ConfigError("log.key_name", "A key's name must not be empty nor hold spaces or '+'.")
        try:
            import gmalg
        except ImportError as error:
            raise ConfigError(
                "verify.no_sm", "This needs SM2, which is not installed here.", "pip install 'zaichang[sm]'."
            ) from error
        point = gmalg.SM2().generate_pk(secret)
        self._key = gmalg.SM2(secret, USER_ID, point)
        public = encode_public(point)
        self.name = name
        self.key_id = key_id(name, SignatureType.OTHER, public)
        self.vkey = format_vkey(name, SignatureType.OTHER, public)

    def sign(self, text: bytes) -> bytes:
        """Return the signature as the bytes of ``r`` and ``s``."""
        r, s = self._key.sign(text)
        return bytes(r).rjust(32, b"\x00") + bytes(s).rjust(32, b"\x00")


def load_or_create_sm2_key(path: Path, name: str) -> Sm2Signer:
    """Return the signer; the key is drawn and stored on first use.

    Raises:
        StorageError, ConfigError: as ``adapters.keys.log_keys.load_or_create_log_key``.
    """
    return Sm2Signer(name, load_or_create_secret(path))
