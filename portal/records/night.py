"""Once a night: wake what is due and was not asked for, and sweep files that no row names (architecture 2 and 7).

Each row that is due asks for its wake-up in its own transaction, so this finds nothing; after a restore, or a
mistake of ours, it is what keeps a message from waiting for ever.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

from django.apps import apps
from django.db.models import Min

from portal.conversations import waiting
from portal.inbound.models import RawMessage, RawState
from portal.intake import due as intake
from portal.lib.nights import next_night
from portal.mailboxes.actions import database_now
from portal.mailboxes.models import Mailbox, MailboxState, Probe, ProbeState
from portal.notices import deliver as notices
from portal.notices import ladder
from portal.notices.leaving import next_warning
from portal.outbound.departures import next_departure
from portal.outbound.reaper import next_due
from portal.records import indexing
from portal.vault.blobs import BlobColumns, sweep_orphans
from tenants.context import current_pharmacy
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

# Far longer than any transaction: a file is written before the row that names it.
ORPHAN_AGE = timedelta(days=1)


def spend_night() -> None:
    """Ask for the next night first: whatever goes wrong in this one, there is another."""
    now = database_now()
    wake("night", next_night(now, current_pharmacy().id))
    wake_what_is_due()
    ladder.forget_old()
    removed = sweep_orphans(set(_named_files()), older_than=ORPHAN_AGE)
    if removed:
        logger.info("swept %d files that no row names", removed)


def wake_what_is_due() -> None:
    """A wish that is there already is kept: the earlier of the two wins."""
    turn = Mailbox.objects.filter(state=MailboxState.ACTIVE).aggregate(at=Min("next_fetch_at"))["at"]
    if turn is not None:
        wake("fetch", turn)
    if RawMessage.objects.filter(state=RawState.STORED).exists():
        wake("process", database_now())
    if Probe.objects.exclude(state=ProbeState.DONE).exists():
        wake("probe", database_now())
    leaving = next_due()
    if leaving is not None:
        wake("deliver", leaving)
    departure = next_departure()
    if departure is not None:
        wake("later", departure)
    intake.ask_again()
    telling = notices.next_due()
    if telling is not None:
        wake("notify", telling)
    indexing.ask_again()
    ladder.ask_again()
    warning = next_warning(database_now())
    if warning is not None:
        wake("leaving", warning)
    returning = waiting.next_due()
    if returning is not None:
        wake("snooze", returning)
    wake("pool", database_now())


def _named_files() -> Iterator[str]:
    for model in apps.get_models():
        if issubclass(model, BlobColumns):
            yield from model._default_manager.exclude(path="").values_list("path", flat=True).iterator()
