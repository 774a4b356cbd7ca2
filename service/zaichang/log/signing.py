"""The signers of a log, and the leaves by which the log names its keys.

The first signature line of a checkpoint is always by the log's own key: a file, or a command that reaches a device.
ML-DSA-44 and SM2 lines follow where the settings ask for them. A ``key`` leaf of the log names every key that signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zaichang.audit.log_statements import ROLES
from zaichang.core.enums import LeafKind
from zaichang.core.errors import ConfigError, IllegalEvent
from zaichang.log.key_list import KeyList
from zaichang.log.sequencer import Sequencer
from zaichang.ports.log.keys import KeyFiles
from zaichang.tlog.keys import KeyVerifier, MlDsa44Signer, Signer, parse_vkey
from zaichang.tlog.leaf import record


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningConfig:
    """How logs are signed.

    Attributes:
        command: A command that signs instead of the key file; empty for the file.
        ml_dsa: Whether an ML-DSA-44 line is added.
        sm2: Whether an SM2 line is added, and an SM3 tree is kept beside the log.
    """

    command: str = ""
    ml_dsa: bool = False
    sm2: bool = False


def open_signers(keys: KeyFiles, origin: str, config: SigningConfig) -> list[Signer]:
    """Return the log's signers, its own key first.

    Raises:
        ConfigError: ``log.signer``, ``log.key_file``, ``log.no_ml_dsa``, ``verify.no_sm``.
        StorageError: ``log.signer``, ``log.key_file``.
    """
    own = keys.command_signer(config.command, origin) if config.command else keys.own_signer(origin)
    return [own, *additional_signers(keys, origin, config)]


def additional_signers(keys: KeyFiles, origin: str, config: SigningConfig) -> list[Signer]:
    """Return the signers beside the log's own key; see ``open_signers``."""
    signers: list[Signer] = []
    if config.ml_dsa:
        signers.append(MlDsa44Signer(origin, keys.ml_dsa_secret()))
    if config.sm2:
        signers.append(keys.sm2_signer(origin))
    return signers


def refuse_ended(keys: KeyFiles, signer: Signer) -> None:
    """Refuse to sign with a key that was retired or revoked.

    Raises:
        ConfigError: ``log.key_ended``.
    """
    if (signer.name, parse_vkey(signer.vkey).key_id) in KeyList(keys).trust().ended:
        raise ConfigError(
            "log.key_ended",
            f"The key {signer.key_id:08x} of {signer.name} was retired or revoked and may sign no more.",
            "Finish the rotation (zaichang log key rotate), or set log_signer_command to the new key's.",
        )


def former_keys(keys: KeyFiles, signers: Sequence[Signer]) -> tuple[KeyVerifier, ...]:
    """Return the keys that signed in the past and do not sign now."""
    now = {signer.vkey for signer in signers}
    return tuple(key for key in KeyList(keys).verifiers() if key.vkey not in now)


def key_leaf(origin: str, at_ms: int, action: str, key: KeyVerifier, from_size: int) -> bytes:
    """Return the ``key`` leaf that records a change of a key.

    Args:
        origin: The log.
        at_ms: Server time.
        action: ``add``, ``retire`` or ``revoke``.
        key: The key.
        from_size: For ``add``: the key signs checkpoints above this size. For the others: the key's signature alone
            is accepted up to this size.
    """
    return record(
        LeafKind.KEY, origin, at_ms, action=action, role=ROLES[key.signature_type], vkey=key.vkey, from_size=from_size
    )


async def introduce_keys(
    keys: KeyFiles, origin: str, signers: Sequence[Signer], sequencer: Sequencer, now_ms: int
) -> None:
    """Log a ``key`` leaf for each key that signs the log and is not in the key list yet.

    Args:
        keys: The log's keys.
        origin: The log.
        signers: All that sign it, under its own origin or its SM3 tree's.
        sequencer: The log's.
        now_ms: Server time.

    Raises:
        StorageError, FatalLogError: As ``Sequencer.submit``.
    """
    names = KeyList(keys)
    listed = names.lines()
    for signer in signers:
        line = f"log {signer.vkey}"
        if line in listed:
            continue
        key = parse_vkey(signer.vkey)
        leaf = key_leaf(origin, now_ms, "add", key, sequencer.checkpoint.checkpoint.size)
        try:
            await sequencer.submit((f"key-{key.key_id:08x}-add", 0), leaf)
        except IllegalEvent:
            pass  # logged before a crash, with another time in its leaf
        names.add(line)
