"""Write to somebody new: to a professional or an establishment of the trust space."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.conversations.concerns import see
from portal.mailboxes.models import Mailbox
from portal.outbound.models import Draft, DraftState
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import in_shell
from portal.web.inbox.cards import DraftCard, DraftErrors, DraftLine
from portal.web.inbox.composer_cards import SenderCard
from portal.web.inbox.directory_cards import FoundCard
from portal.web.inbox.draft_cards import card_of, dressed, fresh_card
from portal.web.inbox.forms import DraftForm, recipients_in
from portal.web.inbox.places import TO_DO
from portal.web.inbox.recipients import recipient_cards, split_field
from portal.web.inbox.refusals import REFUSALS, refused_card, status_of
from portal.web.inbox.saving import NoMailbox, chosen, keep_new, senders
from portal.web.inbox.saving import send as send_it
from portal.web.requests import StaffRequest

MOST_UNFINISHED = 10


@requires(Permission.COMPOSE)
@require_safe
def compose(request: StaffRequest) -> HttpResponse:
    """An empty page, and the messages that were begun before."""
    return compose_page(request, fresh_card())


@requires(Permission.COMPOSE)
@require_safe
def compose_draft(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """A draft begun before; one that was thrown away offers to be taken up again."""
    own = Draft.objects.filter(pk=draft_id, author=request.user.pk)
    draft = own.exclude(state=DraftState.SENT).select_related("returned_by").first()
    if draft is None:
        raise Http404
    if draft.state == DraftState.SUBMITTED:
        return HttpResponseRedirect(reverse("submitted", args=[draft.pk]))
    if draft.state == DraftState.SCHEDULED:
        return HttpResponseRedirect(reverse("scheduled", args=[draft.pk]))
    if draft.state == DraftState.DISCARDED:
        return in_shell(request, "inbox/discarded.html", {"draft": card_of(draft)}, place=TO_DO)
    if draft.conversation_id:
        return HttpResponseRedirect(reverse("conversation", args=[draft.conversation_id]))
    if draft.returned_at:
        see(draft.pk, by=request.user)
    return compose_page(request, card_of(draft))


@requires(Permission.SEND)
@require_POST
def send(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """Send a new message, or give it back with the reasons beside the fields."""
    me, form = request.user, DraftForm(request.POST)
    if not form.is_valid() or form.cleaned_data["draft"] != draft_id:
        return _illegible(request, draft_id, form)
    typed = dataclasses.replace(
        form.typed(), to=form.cleaned_data["to"], subject=form.cleaned_data["subject"]
    )
    try:
        delivery = send_it(
            typed,
            lambda: keep_new(typed, by=me),
            request.FILES.getlist("files"),
            by=me,
            version=None,
            confirmed=form.cleaned_data["anyway"],
            sure=typed.sure,
        )
    except REFUSALS as error:
        card = refused_card(error, typed, me=me, conversation=None)
        return compose_page(request, card, status=status_of(error))
    if delivery.message is None:
        raise Http404
    return HttpResponseRedirect(reverse("conversation", args=[delivery.message.conversation_id]))


def compose_page(
    request: StaffRequest, draft: DraftCard, *, found: FoundCard | None = None, status: int = 200
) -> HttpResponse:
    """`found`: whom a search in the directory, by its button, gave to choose from."""
    among = senders(request.user)
    mailbox, free = _leaves_from(request, draft, among)
    draft = dressed(draft, None, request.user, mailbox=mailbox)
    recipients, _ = split_field(recipients_in(draft.to))
    context = {
        "draft": draft,
        "unfinished": _unfinished(request.user, besides=draft.id),
        "recipients": () if draft.to_confirm else recipient_cards(recipients),
        "found": found,
        "sender": mailbox,
        "senders": tuple(_sender(each, mailbox) for each in among) if free and len(among) > 1 else (),
    }
    return in_shell(request, "inbox/compose.html", context, place=TO_DO, status=status)


def _leaves_from(
    request: StaffRequest, draft: DraftCard, among: Sequence[Mailbox]
) -> tuple[Mailbox | None, bool]:
    """The mailbox that a new message is written from, and whether there is a choice: what forwards has none."""
    own = Draft.objects.filter(pk=draft.id, author=request.user.pk).values_list("mailbox", "forwards")
    kept, forwards = (draft.saved_at and own.first()) or (None, None)
    asked = request.POST.get("mailbox", "")
    wanted = next((each.pk for each in among if str(each.pk) == asked), kept)
    with contextlib.suppress(NoMailbox):
        return chosen(among, kept if forwards else wanted), forwards is None
    return None, False


def _sender(mailbox: Mailbox, here: Mailbox | None) -> SenderCard:
    own = mailbox.owner_id is not None
    return SenderCard(mailbox.pk, mailbox.label, mailbox.address, own, mailbox == here)


def _unfinished(me: User, *, besides: UUID) -> tuple[DraftLine, ...]:
    """Messages that were begun and neither sent nor thrown away."""
    begun = Draft.objects.filter(author=me.pk, state=DraftState.OPEN, conversation=None).exclude(pk=besides)
    newest = begun.defer("text").order_by("-updated_at")[:MOST_UNFINISHED]
    return tuple(
        DraftLine(
            url=reverse("compose_draft", args=[draft.pk]),
            what=draft.subject or ", ".join(draft.recipients) or "Sans objet ni destinataire",
            at=draft.updated_at,
        )
        for draft in newest
    )


def _illegible(request: StaffRequest, draft_id: UUID, form: DraftForm) -> HttpResponse:
    if {"draft", "draft_version", "mailbox"} & set(form.errors) or form.cleaned_data.get("draft") != draft_id:
        raise Http404
    typed = form.typed()
    errors = DraftErrors(
        to=form.said("to"),
        subject=form.said("subject"),
        body=form.said("body"),
    )
    card = DraftCard(
        id=typed.draft_id,
        version=typed.version,
        to=typed.to or "",
        subject=typed.subject or "",
        body=typed.text,
        errors=errors,
    )
    return compose_page(request, card, status=422)
