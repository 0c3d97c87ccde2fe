"""Somebody at a keyboard who signs in with the password and the phone of the tests."""

from __future__ import annotations

from django_otp.oath import totp

from scripts.visitor import Page
from scripts.visitor import Visitor as AtKeyboard

__all__ = ["Page", "Visitor"]


class Visitor(AtKeyboard):
    def sign_in(self, name: str, password: str, key: bytes) -> None:
        """Through the password and the code of the phone whose secret is `key`."""
        first = self.post("/equipe/connexion", {"name": name, "password": password})
        assert first.status == 302, first.text[:2000]
        second = self.post("/equipe/code", {"code": f"{totp(key):06d}"})
        assert second.status == 302, second.text[:2000]
