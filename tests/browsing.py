"""A browser at a pharmacy's host, and people who are signed in there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.oath import totp

from portal.team import login, workstations
from portal.team.models import TotpDevice, User, Workstation
from tenants.models import Pharmacy
from tests.cast import HOSTS

TOTP_KEY = b"twenty bytes of key."


class Browser(Client):
    """Django's test client at one host; it comes back to the pharmacy that the test was in."""

    def __init__(self, host: str = "soleil.localhost", **defaults: Any) -> None:
        super().__init__(SERVER_NAME=host, **defaults)

    @classmethod
    def with_session(cls, sid: str, host: str = "soleil.localhost") -> Browser:
        """One that has the cookie of this session."""
        browser = cls(host)
        browser.cookies[settings.SESSION_COOKIE_NAME] = sid
        return browser

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        before = connection.tenant
        try:
            return super().generic(*args, **kwargs)
        finally:
            connection.set_tenant(before)

    def htmx(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        return getattr(self, method)(path, data, headers={"HX-Request": "true", **headers})

    @property
    def sid(self) -> str:
        cookie = self.cookies.get(settings.SESSION_COOKIE_NAME)
        return cookie.value if cookie else ""

    def change_session(self, **values: Any) -> None:
        session = SessionStore(self.sid)
        session.update({name.replace("_", "-"): value for name, value in values.items()})
        session.save()


def phone_of(user: User) -> TotpDevice:
    """A phone that is enrolled and gave no code yet."""
    return TotpDevice.objects.create(user=user, key=TOTP_KEY, confirmed=True)


def code_at(device: TotpDevice, *, steps: int = 0) -> str:
    """What the phone shows now, or some half minutes later."""
    return f"{totp(device.key, t0=-30 * steps):06}"


def signed_in(user: User, pharmacy: Pharmacy) -> Browser:
    """A browser in which this person of the pharmacy we are in has given both factors."""
    browser = half_signed_in(user, pharmacy)
    device = TotpDevice.objects.filter(user=user, confirmed=True).first() or phone_of(user)
    session = SessionStore(browser.sid)
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return browser


def half_signed_in(user: User, pharmacy: Pharmacy) -> Browser:
    """A browser in which this person has given the password alone."""
    session = SessionStore()
    login.begin(session, user, pharmacy_id=pharmacy.id, now=timezone.now())
    session.save()
    return Browser.with_session(str(session.session_key), HOSTS[pharmacy.finess])


def enrol(browser: Browser, by: User, name: str = "Comptoir 1") -> Workstation:
    """Make a browser a workstation of the pharmacy we are in."""
    workstation, credential = workstations.enrol(name=name, by=by, now=timezone.now())
    browser.cookies[settings.WORKSTATION_COOKIE_NAME] = credential
    return workstation
