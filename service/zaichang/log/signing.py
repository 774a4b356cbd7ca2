"""Which keys sign a log, and telling the log about them.

The first line is always the log's own key (a file, or a command that reaches a device); ML-DSA-44 and SM2 lines come
beside it where the settings ask for them. Every key that signs is named by a ``key`` leaf of the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zaichang.adapters.keys.log_key_list import KeyList
from zaichang.adapters.keys.log_keys import load_or_create_log_key, load_or_create_secret
from zaichang.adapters.keys.signing_command import CommandSigner
from zaichang.core.errors import ConfigError, IllegalEvent
from zaichang.log.sequencer import Sequencer
from zaichang.tlog.keys import KeyVerifier, MlDsa44Signer, SignatureType, Signer, parse_vkey
from zaichang.tlog.leaf import record
from zaichang.tlog.sm import SUFFIX

ROLES = {
    SignatureType.ED25519: "log",
    SignatureType.COSIGNATURE_ML_DSA_44: "log-ml-dsa-44",
    SignatureType.OTHER: "log-sm2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningConfig:
    """How logs are signed.

    Attributes:
        command: A command that signs in place of the key file (``adapters.keys.signing_command``); empty for the file.
        ml_dsa: Whether an ML-DSA-44 line is added.
        sm2: Whether an SM2 line is added, and the second tree with SM3 is kept.
    """

    command: str = ""
    ml_dsa: bool = False
    sm2: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlace:
    """Where a log and its keys are.

    Attributes:
        origin: Its name.
        root: Its folder.
        keys: Folder of the secret keys.
        stem: What its key files are named by.
    """

    origin: str
    root: Path
    keys: Path
    stem: str

    @property
    def key_file(self) -> Path:
        """The log's own key."""
        return self.keys / f"{self.stem}.key"

    @property
    def next_key_file(self) -> Path:
        """A key that a rotation is about to bring in."""
        return self.keys / f"{self.stem}.key.next"


def open_signers(place: LogPlace, config: SigningConfig) -> list[Signer]:
    """Return the log's signers, its own key first.

    Raises:
        ConfigError: ``log.signer``, ``log.key_file``, ``log.no_ml_dsa``, ``verify.no_sm``.
        StorageError: ``log.signer``, ``log.key_file``.
    """
    own: Signer
    if config.command:
        own = CommandSigner(config.command, place.origin)
    else:
        own = load_or_create_log_key(place.key_file, place.origin)
    return [own, *more_signers(place, config)]


def refuse_ended(place: LogPlace, signer: Signer) -> None:
    """Refuse to sign with a key that the log has ended.

    Raises:
        ConfigError: ``log.key_ended``.
    """
    if (signer.name, parse_vkey(signer.vkey).key_id) in KeyList(place.root).trust().ended:
        raise ConfigError(
            "log.key_ended",
            f"The key {signer.key_id:08x} of {place.origin} was retired or revoked and may sign no more.",
            "Finish the rotation (zaichang log key rotate), or set log_signer_command to the new key's.",
        )


def more_signers(place: LogPlace, config: SigningConfig) -> list[Signer]:
    """Return the signers beside the log's own key; see ``open_signers``."""
    signers: list[Signer] = []
    if config.ml_dsa:
        signers.append(MlDsa44Signer(place.origin, load_or_create_secret(place.keys / f"{place.stem}.mldsa")))
    if config.sm2:
        signers.append(sm2_signer(place, place.origin))
    return signers


def sm2_signer(place: LogPlace, name: str) -> Signer:
    """Return the log's SM2 signer under its origin, or under its second tree's."""
    from zaichang.adapters.keys.sm2_signer import load_or_create_sm2_key

    return load_or_create_sm2_key(place.keys / f"{place.stem}.sm2", name)


def second_origin(origin: str) -> str:
    """Return the origin of a log's second tree."""
    return origin + SUFFIX


def former_keys(place: LogPlace, signers: list[Signer]) -> tuple[KeyVerifier, ...]:
    """Return the keys that signed before and do not now."""
    now = {signer.vkey for signer in signers}
    return tuple(key for key in KeyList(place.root).verifiers() if key.vkey not in now)


def key_leaf(origin: str, at_ms: int, action: str, key: KeyVerifier, from_size: int) -> bytes:
    """Return the ``key`` leaf that says what becomes of a key.

    Args:
        origin: The log.
        at_ms: When.
        action: ``add``, ``retire`` or ``revoke``.
        key: The key.
        from_size: ``add``: it signs checkpoints above this size. Otherwise: it may have signed alone up to this size.
    """
    return record(
        "key", origin, at_ms, action=action, role=ROLES[key.signature_type], vkey=key.vkey, from_size=from_size
    )


async def introduce_keys(place: LogPlace, signers: list[Signer], sequencer: Sequencer, now_ms: int) -> None:
    """Have the log name each key that signs it and that it has not named yet.

    Raises:
        StorageError, FatalLogError: as ``Sequencer.submit``.
    """
    names = KeyList(place.root)
    listed = names.lines()
    for signer in signers:
        line = f"log {signer.vkey}"
        if line in listed:
            continue
        key = parse_vkey(signer.vkey)
        leaf = key_leaf(place.origin, now_ms, "add", key, sequencer.checkpoint.checkpoint.size)
        try:
            await sequencer.submit((f"key-{key.key_id:08x}-add", 0), leaf)
        except IllegalEvent:
            pass  # named before a crash, at another time
        names.add(line)
