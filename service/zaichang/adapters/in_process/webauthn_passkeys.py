"""Passkeys by py_webauthn (ADR 0081)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import webauthn
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from zaichang.core.errors import PeerViolation
from zaichang.core.passkeys import Passkey, base64url, from_base64url
from zaichang.ports.passkeys import Page, Signed, StoredPasskey


class PyWebauthn:
    """The ``PasskeyLibrary`` port."""

    def options(
        self, page: Page, *, institution: str, learner: str, challenge: bytes, known: Sequence[str]
    ) -> dict[str, Any]:
        """See the port. The authenticator shows the learner the pseudonym; the handle that it keeps is a digest."""
        options = webauthn.generate_registration_options(
            rp_id=page.rp_id,
            rp_name=institution,
            user_name=learner,
            user_id=hashlib.sha256(f"zaichang/passkey/v1|{institution}|{learner}".encode()).digest(),
            challenge=challenge,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=from_base64url(each)) for each in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
        )
        plain: dict[str, Any] = json.loads(webauthn.options_to_json(options))
        return plain

    def registered(
        self, response: Mapping[str, Any], page: Page, *, challenge: bytes, at_ms: int, supervised: bool
    ) -> StoredPasskey:
        """See the port."""
        try:
            made = webauthn.verify_registration_response(
                credential=dict(response),
                expected_challenge=challenge,
                expected_rp_id=page.rp_id,
                expected_origin=page.origin,
                require_user_verification=True,
            )
            key = decoded_public_key_to_cryptography(decode_credential_public_key(made.credential_public_key))
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise PeerViolation(
                "passkey.refused",
                f"The device's answer does not register a passkey for this page ({type(error).__name__}).",
                "Begin again, on a device that asks for finger, face or PIN.",
            ) from None
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return StoredPasskey(
            passkey=Passkey(
                credential_id=base64url(made.credential_id),
                public_key=base64url(der),
                at_ms=at_ms,
                supervised=supervised,
                synced=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            ),
            rp_id=page.rp_id,
            cose_key=made.credential_public_key,
        )

    def holds(self, signed: Signed, page: Page, *, challenge: bytes, cose_key: bytes) -> bool:
        """See the port. Counters are not compared: most passkeys have none, and a synced one has several."""
        try:
            webauthn.verify_authentication_response(
                credential={
                    "id": signed.credential_id,
                    "rawId": signed.credential_id,
                    "type": "public-key",
                    "response": {
                        "clientDataJSON": signed.client_data,
                        "authenticatorData": signed.authenticator_data,
                        "signature": signed.signature,
                    },
                },
                expected_challenge=challenge,
                expected_rp_id=page.rp_id,
                expected_origin=page.origin,
                credential_public_key=cose_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError):
            return False
        return True
