"""Signs badges of certificates, Open Badges 3.0 as VC-JWT with EdDSA, and their status lists.

The key is the service's own and not the log's. Its public half is in the certificate's document, to which the log
commits, so a reader of the log knows whose key it is; a reader of the badge alone knows a ``did:key``. The contexts are
named and never fetched. The badge holds no name; its status list and the log say whether the certificate still stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zaichang.audit.certificate.badge import badge_claims, did_of
from zaichang.audit.certificate.proof import CertificateProof
from zaichang.audit.certificate.status_list import LIST_BITS, list_claims, status_entry
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import InstitutionId
from zaichang.core.passkeys import base64url
from zaichang.ports.clock import Clock
from zaichang.ports.hours.certificates import CertificateStore

MEDIA_TYPE: Final = "application/vc+jwt"


class BadgeSigner:
    """Signs with one Ed25519 key."""

    def __init__(self, seed: bytes) -> None:
        """Use a key.

        Args:
            seed: Its 32 bytes.
        """
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def public_key(self) -> str:
        """The public key, 64 hex digits, as certificates name it."""
        return self._public.hex()

    @property
    def did(self) -> str:
        """The issuer: the public key as a ``did:key``."""
        return did_of(self._public)

    def badge(self, proof: CertificateProof, status: Mapping[str, Any] | None = None) -> str:
        """Return a certificate's badge in JWS compact form.

        Args:
            proof: The certificate.
            status: The entry of its status list; None: it names none.

        Raises:
            NotAllowed: ``certificate.badge_key`` where the certificate names another key.
        """
        if proof.certificate.badge_key != self.public_key:
            raise NotAllowed(
                "certificate.badge_key",
                "The certificate names another badge key than the service has now.",
                "Replace the certificate, or put the former keys/badge.key back.",
            )
        return self.sign(badge_claims(proof, self.did, status))

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return claims in JWS compact form."""
        # PyJWT is part of [service], as the other parts of the running service are.
        import jwt

        header = {"kid": f"{self.did}#{self.did.removeprefix('did:key:')}", "jwk": self._jwk()}
        return jwt.encode(dict(claims), self._key, algorithm="EdDSA", headers=header)

    def _jwk(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(self._public)}


class StatusLists:
    """The lists that say which certificates have ended, for readers of badges."""

    def __init__(self, store: CertificateStore, signer: BadgeSigner, clock: Clock, public_url: str) -> None:
        """Set up the lists.

        Args:
            store: The certificates.
            signer: Signs the lists, as it signs badges.
            clock: Server time.
            public_url: Address of the service; empty: badges name no list, since they outlive an address of today.
        """
        self._store = store
        self._signer = signer
        self._clock = clock
        self._public_url = public_url.rstrip("/")

    def entry(self, institution_id: InstitutionId, place: int) -> dict[str, str] | None:
        """Return the ``credentialStatus`` of a badge; None where no address of the service is set."""
        number, bit = divmod(place, LIST_BITS)
        return status_entry(self._address(institution_id, number), bit) if self._public_url else None

    async def signed(self, institution_id: InstitutionId, number: int) -> str:
        """Return a list as it stands now, in JWS compact form.

        Raises:
            NotFound: ``certificate.no_list`` where no badge names it.
        """
        first = number * LIST_BITS
        if not self._public_url or not await self._store.has_status_list(institution_id, first, first + LIST_BITS):
            raise NotFound("certificate.no_list", "There is no such status list.")
        ended = await self._store.ended_places(institution_id, first, first + LIST_BITS)
        address = self._address(institution_id, number)
        claims = list_claims(address, self._signer.did, [place - first for place in ended], self._clock.now_ms())
        return self._signer.sign(claims)

    def _address(self, institution_id: InstitutionId, number: int) -> str:
        return f"{self._public_url}/v1/status-lists/{institution_id}/{number}"
