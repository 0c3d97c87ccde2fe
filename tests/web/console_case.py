"""The stage of the console's tests: Nadia, responsible, at her screen, and how she gives both factors again."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal.team.models import TotpDevice, User
from tenants.context import inside
from tests.base import CommittingPharmacyTestCase, PharmacyTestCase
from tests.browsing import Browser, code_at, signed_in
from tests.cast import PASSWORD


class AtTheConsole:
    """`self.as_nadia` signed in longer ago than her proof holds; `post` gives it when it is asked for."""

    def setUp(self) -> None:
        super().setUp()
        self.as_nadia = signed_in(self.nadia, self.soleil)
        self.phone = TotpDevice.objects.get(user=self.nadia)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
        """Post as Nadia, with both factors."""
        TotpDevice.objects.filter(pk=self.phone.pk).update(last_t=-1)
        proof = {"proof_password": PASSWORD, "proof_code": code_at(self.phone)}
        return self.as_nadia.post(path, {**(data or {}), **proof}, **more)

    def hugo(self) -> Browser:
        """Responsible at Gare; the test stays in Soleil."""
        with inside(self.gare):
            return signed_in(User.objects.get(sign_in_name="hugo"), self.gare)


class ConsoleTestCase(AtTheConsole, PharmacyTestCase):
    """In a transaction that is rolled back."""


class CommittingConsoleTestCase(AtTheConsole, CommittingPharmacyTestCase):
    """With real commits."""


def console(name: str, *args: Any) -> str:
    """The address of a page of the console."""
    return reverse(f"console_{name}", args=args, urlconf="portal.urls")
