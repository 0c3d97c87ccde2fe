"""Ask once more who is here, before an act that cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.team import login, throttle
from portal.team.login import TooManyTries, WrongPassword
from portal.team.models import User
from portal.team.second_factor import TooManyCodes
from portal.team.throttle import UNLOCK


def prove(
    session: SessionStore, user: User, *, password: str, second: Callable[[], object], now: datetime
) -> None:
    """Both factors, given again in an open session: they count for `login.PROOF_LIFE`. `second` checks the other one:
    `check_code` or `check_passkey`.

    Raises:
        WrongPassword, WrongCode: and it is in the journal.
        TooManyTries: the session is over.
    """
    if not throttle.take(UNLOCK, str(user.pk), now=now).allowed:
        login.end(session, user)
        raise TooManyTries
    if not user.check_password(password):
        with transaction.atomic():
            record(Event.PROOF_FAILED, by=user, on=("user", user.pk))
        raise WrongPassword
    try:
        second()
    except TooManyCodes as error:
        login.end(session, user)
        raise TooManyTries from error
    throttle.forgive(UNLOCK, str(user.pk))
    login.mark_proved(session, now=now)
    with transaction.atomic():
        record(Event.PROOF, by=user, on=("user", user.pk))
