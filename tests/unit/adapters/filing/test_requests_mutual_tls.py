"""Mutual TLS with a real server on this machine: each side shows a certificate of one local authority."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from zaichang.adapters.filing.requests import Access, Requests
from zaichang.core.errors import PeerViolation

Key = ec.EllipticCurvePrivateKey


class Authority:
    """An authority of certificates in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed(name, self.key, self.key, name, authority=True)
        self.path = self._write(name, self.certificate, self.key)[0]

    def issue(self, name: str) -> tuple[Path, Path]:
        """Return the paths of a certificate for this machine and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._write(f"{self.name}-{name}", self._signed(name, key, self.key, self.name, authority=False), key)

    def _signed(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        by: ec.EllipticCurvePrivateKey,
        issuer: str,
        *,
        authority: bool,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        )
        if authority:
            usage = x509.KeyUsage(
                digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
            )  # fmt: skip
            builder = builder.add_extension(usage, critical=True)
        return builder.sign(by, hashes.SHA256())

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> tuple[Path, Path]:
        paths = (self.folder / f"{name}.pem", self.folder / f"{name}.key")
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths


@asynccontextmanager
async def server(authority: Authority, seen: list[str]) -> AsyncIterator[str]:
    """A server that asks for a certificate of the authority, and notes the name on it."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.path))
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_cert_chain(*map(str, authority.issue("server")))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        shown = dict(part[0] for part in writer.get_extra_info("peercert")["subject"])
        seen.append(shown["commonName"])
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    serving = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    async with serving:
        yield f"https://127.0.0.1:{serving.sockets[0].getsockname()[1]}"


def requests(url: str, authority: Authority, client: tuple[Path, Path] | None) -> Requests:
    certificate, key = client or (None, None)
    return Requests(
        Access(
            url=url, now_s=lambda: 0, nonce=lambda: "n", certificate=certificate, key=key, authority=authority.path
        )
    )  # fmt: skip


async def test_both_sides_show_a_certificate_of_the_authority(tmp_path: Path) -> None:
    authority, seen = Authority(tmp_path, "authority"), list[str]()
    async with server(authority, seen) as url:
        assert await requests(url, authority, authority.issue("college")).ask("GET", "/rows") == (200, b"{}")
    assert seen == ["college"]


async def test_without_a_certificate_or_with_another_authority_s_nothing_is_exchanged(tmp_path: Path) -> None:
    authority, other, seen = Authority(tmp_path, "authority"), Authority(tmp_path, "other"), list[str]()
    async with server(authority, seen) as url:
        for asks in (
            requests(url, authority, None),
            requests(url, authority, other.issue("college")),
            requests(url, other, authority.issue("college")),
        ):
            with pytest.raises(PeerViolation, match=r"filing\.unreachable"):
                await asks.ask("GET", "/rows")
    assert seen == []
