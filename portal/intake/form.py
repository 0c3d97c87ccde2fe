"""Whether the public form is open, and what its notice says."""

from __future__ import annotations

from dataclasses import dataclass

from portal.intake.models import Form, Notice
from portal.mailboxes.models import Mailbox, MailboxKind


@dataclass(frozen=True, slots=True)
class FormState:
    """What the checklist and the public pages ask. Open only with a notice."""

    open: bool
    notice_ready: bool


def form_state() -> FormState:
    """One query."""
    form = Form.objects.only("open").first()
    return FormState(open=form is not None and form.open, notice_ready=form is not None)


def current_notice() -> Notice | None:
    form = Form.objects.select_related("notice").first()
    return form.notice if form else None


def form_mailbox() -> Mailbox | None:
    """The shared mailbox among whose conversations requests are filed: the oldest organisational one."""
    shared = Mailbox.objects.filter(kind=MailboxKind.ORG).defer("credentials", "trust_pem", "crl_pem")
    return shared.order_by("id").first()
