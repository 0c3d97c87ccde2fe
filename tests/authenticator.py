"""A passkey in software: what a phone or a key would do, with everything that can go wrong on demand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ORIGIN = "https://soleil.localhost"


@dataclass
class Authenticator:
    """One credential. `verifies`: whether it knows its owner; `origin`: the page that asks it."""

    origin: str = ORIGIN
    verifies: bool = True
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))

    def make(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.create(), as the page sends it."""
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._cose()
        authenticator_data = self._data(options["rp"]["id"], ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": authenticator_data})
        client = self._client("webauthn.create", options)
        return self._written(
            clientDataJSON=client, attestationObject=attestation, transports=["usb", "not-yet-invented"]
        )

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.get()."""
        self.count += 1
        data, client = self._data(options["rpId"]), self._client("webauthn.get", options)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._written(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, host: str, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        asked = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(asked).encode()

    def _cose(self) -> bytes:
        """RFC 9053: EC2, ES256, P-256."""
        public = self.key.public_key().public_numbers()
        coordinates = {-2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        return cbor2.dumps({1: 2, 3: -7, -1: 1, **coordinates})

    def _written(self, **response: Any) -> str:
        identity = bytes_to_base64url(self.credential_id)
        fields = {
            name: bytes_to_base64url(value) if isinstance(value, bytes) else value
            for name, value in response.items()
        }
        return json.dumps({"id": identity, "rawId": identity, "type": "public-key", "response": fields})


def with_response(answer: str, **changes: str) -> str:
    """An answer of which something was changed on the way."""
    found = json.loads(answer)
    found["response"] |= changes
    return json.dumps(found)


def flipped(encoded: str) -> str:
    """The same bytes, but for one bit of the last one."""
    content = bytearray(base64url_to_bytes(encoded))
    content[-1] ^= 1
    return bytes_to_base64url(bytes(content))
