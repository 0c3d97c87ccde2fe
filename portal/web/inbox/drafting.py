"""Keep, complete or throw away what is being written, in a reply as in a new message."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.conversations.models import Conversation
from portal.outbound import drafts
from portal.outbound.drafts import NoSuchDraft, StaleDraft
from portal.outbound.files import FileRefused, detach_file
from portal.outbound.models import Draft
from portal.outbound.templates import template_for
from portal.outbound.templating import save_filled, write_freely
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.answers import after_act, away, fragment
from portal.web.inbox.cards import DraftCard, DraftErrors
from portal.web.inbox.composing import compose_page
from portal.web.inbox.doors import conversation_for, draft_for
from portal.web.inbox.draft_cards import card_of, signature_card
from portal.web.inbox.forms import DraftForm, Typed
from portal.web.inbox.held import saved_elsewhere
from portal.web.inbox.refusals import REFUSALS, refused_card, status_of
from portal.web.inbox.saving import attach, keep_new, keep_reply
from portal.web.requests import StaffRequest, is_htmx


@requires(Permission.REPLY)
@require_POST
def draft_save(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """While typing, and by a button where there are no scripts."""
    typed, conversation = read_composer(request, draft_id)
    try:
        draft = keep_typed(request, typed, conversation)
    except StaleDraft as stale:
        held = DraftCard(id=typed.draft_id, version=typed.version, held=saved_elsewhere(stale.draft))
        if is_htmx(request):
            return fragment(request, "inbox/_draft_saved.html", {"draft": held}, status=409)
        return refused(request, stale, typed, conversation)
    except REFUSALS as error:
        return refused(request, error, typed, conversation)
    if is_htmx(request):
        return _saved(request, draft)
    return HttpResponseRedirect(page_of(draft))


@requires(Permission.REPLY)
@require_POST
def draft_template(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """Take a template, another one, or none any more: what was typed until then is kept."""
    typed, conversation = read_composer(request, draft_id)
    if conversation is None:
        raise Http404
    try:
        draft = keep_typed(request, typed, conversation)
        chosen = request.POST.get("choose", "")
        if chosen:
            template = template_for(request.user, _uuid(chosen))
            save_filled(draft, by=request.user, version=draft.version, template=template, values={})
        else:
            write_freely(draft, by=request.user, version=draft.version)
    except REFUSALS as error:
        return refused(request, error, typed, conversation, whole=True)
    return after_act(request, conversation.pk)


@requires(Permission.REPLY)
@require_POST
def draft_to(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """Answer all, or only who wrote; what was typed is kept on the way."""
    typed, conversation = read_composer(request, draft_id)
    if conversation is None:
        raise Http404
    try:
        draft = keep_typed(request, typed, conversation)
        everybody = request.POST.get("to_all") == "1"
        drafts.answer_all(draft, by=request.user, version=draft.version, everybody=everybody)
    except REFUSALS as error:
        return refused(request, error, typed, conversation, whole=True)
    return after_act(request, conversation.pk)


@requires(Permission.REPLY)
@require_POST
def draft_attach(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """Join files; the words around them are kept on the way, unless another tab has newer ones."""
    typed, conversation = read_composer(request, draft_id)
    version = None
    try:
        draft = keep_typed(request, typed, conversation)
    except StaleDraft as stale:
        draft, version = stale.draft, typed.version
    except REFUSALS as error:
        return refused(request, error, typed, conversation)
    try:
        attach(draft, request.FILES.getlist("files"), by=request.user)
    except (FileRefused, NoSuchDraft) as error:
        return _not_attached(request, error, draft, typed, conversation)
    return _files(request, draft, version=version)


@requires(Permission.REPLY)
@require_POST
def draft_detach(request: StaffRequest, draft_id: UUID, upload_id: UUID) -> HttpResponse:
    draft = draft_for(request.user, draft_id)
    try:
        detach_file(draft, upload_id, by=request.user)
    except NoSuchDraft as error:  # sent meanwhile, from another tab
        raise Http404 from error
    return _files(request, draft)


@requires(Permission.REPLY)
@require_POST
def draft_discard(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """It can be taken up again during thirty days; a page that never was stored has nothing to put away."""
    try:
        drafts.discard(draft_for(request.user, draft_id), by=request.user)
    except (Http404, NoSuchDraft):
        return away(request, reverse("inbox_home"))
    return away(request, reverse("compose_draft", args=[draft_id]))


@requires(Permission.REPLY)
@require_POST
def draft_restore(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    try:
        draft = drafts.restore(draft_id, by=request.user)
    except NoSuchDraft as error:
        raise Http404 from error
    return HttpResponseRedirect(page_of(draft))


def read_composer(request: StaffRequest, draft_id: UUID) -> tuple[Typed, Conversation | None]:
    """What was typed, and where. What is no form of ours, or for a conversation not seen, is a 404."""
    form = DraftForm(request.POST)
    form.is_valid()
    hidden = {"draft", "draft_version", "conversation", "mailbox"}
    if hidden & set(form.errors) or form.cleaned_data["draft"] != draft_id:
        raise Http404
    conversation_id = form.cleaned_data["conversation"]
    if conversation_id is None:
        return form.typed(), None
    typed = dataclasses.replace(form.typed(), to=None, subject=None, mailbox=None)
    return typed, conversation_for(request.user, conversation_id)


def _saved(request: StaffRequest, draft: Draft) -> HttpResponse:
    """Its state; and where another mailbox was chosen, how a message from there is signed."""
    card, chosen = card_of(draft), request.headers.get("HX-Trigger-Name") == "mailbox"
    if chosen:
        card = dataclasses.replace(card, signature=signature_card(draft.mailbox, request.user))
    return fragment(request, "inbox/_draft_saved.html", {"draft": card, "signs": chosen})


def _uuid(text: str) -> UUID:
    """Raises Http404."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


def keep_typed(request: StaffRequest, typed: Typed, conversation: Conversation | None) -> Draft:
    if conversation is None:
        return keep_new(typed, by=request.user)
    return keep_reply(conversation, typed, by=request.user)


def page_of(draft: Draft) -> str:
    if draft.conversation_id:
        return reverse("conversation", args=[draft.conversation_id])
    return reverse("compose_draft", args=[draft.pk])


def _files(
    request: StaffRequest, draft: Draft, *, version: int | None = None, errors: str = "", status: int = 200
) -> HttpResponse:
    """`version`: that of words which another tab has overtaken, so that they go on being held."""
    if not is_htmx(request):
        return HttpResponseRedirect(page_of(draft))
    card = card_of(draft, errors=DraftErrors(files=errors))
    card = dataclasses.replace(card, version=card.version if version is None else version)
    return fragment(request, "inbox/_draft_files.html", {"draft": card}, status=status)


def _not_attached(
    request: StaffRequest, error: Exception, draft: Draft, typed: Typed, conversation: Conversation | None
) -> HttpResponse:
    if is_htmx(request) and isinstance(error, FileRefused):
        return _files(request, draft, errors=str(error), status=422)
    return refused(request, error, typed, conversation)


def refused(
    request: StaffRequest,
    error: Exception,
    typed: Typed,
    conversation: Conversation | None,
    *,
    whole: bool = False,
) -> HttpResponse:
    """The page again, with everything that was typed; to htmx the draft's state alone, unless `whole`."""
    card = refused_card(error, typed, me=request.user, conversation=conversation)
    status = status_of(error)
    if is_htmx(request) and not whole:
        return fragment(request, "inbox/_draft_saved.html", {"draft": card}, status=status)
    if conversation is None:
        return compose_page(request, card, status=status)
    return after_act(request, conversation.pk, draft=card, status=status)
