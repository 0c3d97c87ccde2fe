"""Too many automatic answers within an hour: hold them, and have the responsible person know."""

from __future__ import annotations

import logging
from datetime import datetime

from portal.audit.actions import record
from portal.audit.events import Event
from portal.mailboxes.models import Mailbox
from portal.notices.actions import BadAddress, tell
from portal.notices.models import NoticeKind
from portal.team.models import Responsibility, User

logger = logging.getLogger(__name__)


def hold_answers(mailbox: Mailbox, *, until: datetime) -> None:
    """Send none before then: the top of every page says it, and an e-mail where there is an address; the journal too.

    Called last in a transaction.
    """
    Mailbox.objects.filter(pk=mailbox.pk).update(answers_held_until=until)
    told = _tell(Responsibility.objects.select_related("user").get().user, mailbox)
    record(Event.ANSWERING_HELD, by=None, on=("mailbox", mailbox.pk), detail=f"notices={told}")


def _tell(person: User, mailbox: Mailbox) -> int:
    """1 if a notice is on its way."""
    if not person.email:
        return 0
    try:
        return int(tell(person.email, NoticeKind.ANSWERS_HELD, about=mailbox.pk))
    except BadAddress:
        logger.warning("the address of %s is none", person.pk)
        return 0
