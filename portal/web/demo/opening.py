"""Open the public form of a demonstration's pharmacy, once: who closes it in the console finds it closed."""

from __future__ import annotations

from django.conf import settings

from portal.audit.actions import OPERATOR
from portal.intake.actions import open_form, write_notice
from portal.intake.form import form_state
from portal.web.console.form import starter
from portal.web.seeding import NotTheDemo
from tenants.context import inside
from tenants.models import Pharmacy


def open_for_patients(pharmacy: Pharmacy) -> None:
    """With the notice that the console begins with."""
    if not settings.DEMO:
        raise NotTheDemo
    with inside(pharmacy):
        if form_state().notice_ready:
            return
        write_notice(starter(pharmacy), by=OPERATOR)
        open_form(by=OPERATOR)
