"""The log's signing key as a file: 32 secret bytes, hex, readable by the owner alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from zaichang.core.errors import ConfigError, EvidenceError, StorageError
from zaichang.tlog.beacon import EXPONENT, BeaconSigner, parse_beacon_key
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer

_KEY_BYTES: Final = 32
_BEACON_BITS: Final = 3072


def load_or_create_log_key(path: Path, origin: str) -> Ed25519Signer:
    """Return the log's signer; the key is drawn and stored on first use.

    Args:
        path: The key file.
        origin: The log's origin, which is the key's name.

    Raises:
        StorageError: ``log.key_file`` if the file cannot be read or written.
        ConfigError: ``log.key_file`` if it holds something else than a key.
    """
    return Ed25519Signer(origin, load_or_create_secret(path))


def load_or_create_witness_key(path: Path, name: str) -> Ed25519Cosigner:
    """Return a witness's cosigner; the key is drawn and stored on first use.

    Raises:
        StorageError: ``log.key_file`` if the file cannot be read or written.
        ConfigError: ``log.key_file`` if it holds something else than a key.
    """
    return Ed25519Cosigner(name, load_or_create_secret(path))


def load_or_create_beacon_key(path: Path, name: str) -> BeaconSigner:
    """Return a witness's signer of beacons; the RSA key is drawn and stored on first use.

    Raises:
        StorageError: ``log.key_file`` if the file cannot be read or written.
        ConfigError: ``log.key_file`` if it holds something else than such a key.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = generate_private_key(EXPONENT, _BEACON_BITS)
            _create(path, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise StorageError("log.key_file", f"The key file cannot be used ({error.strerror}).") from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError("log.key_file", "The beacon key file must hold an RSA key as PEM.")
    signer = BeaconSigner(name, key)
    try:
        parse_beacon_key(signer.public.vkey)
    except EvidenceError as error:
        raise ConfigError("log.key_file", f"The beacon key file cannot be used: {error.message}") from None
    return signer


def load_or_create_secret(path: Path) -> bytes:
    """Return the 32 secret bytes in a file; drawn and stored on first use.

    Raises:
        StorageError: ``log.key_file`` if the file cannot be read or written.
        ConfigError: ``log.key_file`` if it holds something else than a key.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _create(path, Ed25519PrivateKey.generate().private_bytes_raw().hex().encode("ascii") + b"\n")
        text = path.read_text(encoding="ascii").strip()
        secret = bytes.fromhex(text)
    except OSError as error:
        raise StorageError("log.key_file", f"The key file cannot be used ({error.strerror}).") from error
    except ValueError:
        secret = b""
    if len(secret) != _KEY_BYTES:
        raise ConfigError("log.key_file", f"The key file must hold {2 * _KEY_BYTES} hex digits.")
    return secret


def _create(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    # A link fails where another process was first; its key is then the one that is read.
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
