"""Write the notice, open the form and close it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from portal.audit.actions import Actor, Person, record
from portal.audit.events import Event
from portal.intake.form import form_mailbox
from portal.intake.models import Form, Notice
from portal.lib.text import many_lines
from tenants.context import current_pharmacy

LONGEST_NOTICE = 20_000


class NoticeMissing(Exception):
    """The information notice is empty: without it nothing may be asked of a patient (RGPD, article 13)."""


class NoMailbox(Exception):
    """There is no shared mailbox whose team would receive the requests."""


def write_notice(text: str, *, by: Person | Actor) -> Notice:
    """Keep a new version of the notice, which patients read from now on; the same words again change nothing.

    Raises:
        NoticeMissing: it is empty.
    """
    words = many_lines(text).strip()[:LONGEST_NOTICE]
    if not words:
        raise NoticeMissing
    with transaction.atomic():
        form = Form.objects.select_for_update(of=("self",)).select_related("notice").first()
        if form and form.notice.text == words:
            return form.notice
        notice = Notice.objects.create(text=words)
        Form.objects.update_or_create(pk=1, defaults={"notice": notice})
        record(Event.FORM_NOTICE, by=by, on=_pharmacy(), detail=f"version={notice.pk}")
    return notice


def open_form(*, by: Person | Actor) -> None:
    """Let patients send. Open already: nothing changes.

    Raises:
        NoticeMissing, NoMailbox: see there.
    """
    with transaction.atomic():
        form = Form.objects.select_for_update().first()
        if form is None:
            raise NoticeMissing
        if form_mailbox() is None:
            raise NoMailbox
        _set(form, open=True, event=Event.FORM_OPEN, by=by)


def close_form(*, by: Person | Actor) -> None:
    """Let nobody begin or send any more; what was sent stays, and can be followed."""
    with transaction.atomic():
        form = Form.objects.select_for_update().first()
        if form is not None:
            _set(form, open=False, event=Event.FORM_CLOSE, by=by)


def _set(form: Form, *, open: bool, event: Event, by: Person | Actor) -> None:
    if form.open == open:
        return
    form.open = open
    form.save(update_fields=["open"])
    record(event, by=by, on=_pharmacy())


def _pharmacy() -> tuple[str, UUID]:
    return "pharmacy", current_pharmacy().id
