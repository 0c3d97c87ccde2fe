"""What a pharmacist does with what a colleague submitted: send it, corrected or not, or give it back with a note."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from django import forms
from django.core.validators import MinValueValidator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from portal.conversations.actions import StaleVersion
from portal.mail.outgoing import Unsendable
from portal.outbound import approval, scheduling
from portal.outbound.addressees import Refused
from portal.outbound.approval import EmptyNote, NoteTooLong, NotSubmitted
from portal.outbound.drafts import LONGEST_TEXT, StaleDraft
from portal.outbound.models import Delivery, Draft
from portal.outbound.same import SameMessageAgain
from portal.outbound.scheduling import BadTime
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.content.links import Link, Use, sign
from portal.web.headers import content_origin
from portal.web.inbox.answers import after_act, away, in_shell
from portal.web.inbox.cards import DraftErrors
from portal.web.inbox.doors import conversation_for, submitted_for
from portal.web.inbox.draft_cards import fresh_card
from portal.web.inbox.forms import TOO_LONG, UNREADABLE
from portal.web.inbox.held import moved, sent_already
from portal.web.inbox.later_forms import BAD_TIME, NO_TIME, WhenForm
from portal.web.inbox.places import REVIEW, conversation_url
from portal.web.inbox.recipients import recipient_cards
from portal.web.inbox.refusals import CONTROL
from portal.web.inbox.review_cards import ReviewTyped
from portal.web.inbox.reviews import cards
from portal.web.inbox.saving import fresh_key, queued
from portal.web.inbox.thereafter import ThenForm
from portal.web.requests import StaffRequest

GONE = "Ce message n’attend plus : un collègue l’a envoyé, renvoyé ou repris. Rien n’est parti deux fois."
KEPT = "Votre correction est gardée dans la réponse, plus bas."
CHANGED = "Le texte a changé depuis que vous l’avez lu : relisez-le, puis décidez."
NO_NOTE = "Écrivez ce qu’il faut changer : sans note, personne ne le saura."
LONG_NOTE = f"Cette note est trop longue : {approval.LONGEST_NOTE} caractères au plus."
REFUSALS = (StaleVersion, StaleDraft, SameMessageAgain, Refused, Unsendable)


class ReviewForm(ThenForm):
    """`body` is there when it is corrected, `version` when it is an answer, `conversation` too."""

    draft_version = forms.IntegerField(validators=[MinValueValidator(0)])
    version = forms.IntegerField(required=False, validators=[MinValueValidator(0)])
    conversation = forms.UUIDField(required=False)
    body = forms.CharField(
        required=False,
        strip=False,
        max_length=LONGEST_TEXT,
        error_messages={"max_length": TOO_LONG, "null_characters_not_allowed": UNREADABLE},
    )
    note = forms.CharField(
        required=False, strip=False, error_messages={"null_characters_not_allowed": UNREADABLE}
    )
    anyway = forms.BooleanField(required=False)

    def typed(self, name: str) -> str | None:
        """As it was typed; None where there was no such field."""
        return str(self.data[name]) if name in self.data else None

    def said(self, name: str) -> str:
        """What is wrong with a field, in one line."""
        return " ".join(str(error) for error in self.errors.get(name, []))


@requires(Permission.READ)
@require_safe
def submitted(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """An answer is shown in its conversation, a new message on a page of its own."""
    draft = submitted_for(request.user, draft_id)
    if draft.conversation_id:
        return HttpResponseRedirect(conversation_url(draft.conversation_id, REVIEW))
    return _page(request, draft)


@requires(Permission.READ)
@require_safe
def submitted_file(request: StaffRequest, draft_id: UUID, upload_id: UUID) -> HttpResponse:
    """Lead to a file of it on the content host: nobody lets leave what she cannot open."""
    file = submitted_for(request.user, draft_id).files.filter(pk=upload_id).only("pk").first()
    if file is None:
        raise Http404
    link = Link(Use.SUBMITTED, file.pk, request.user.pk)
    return HttpResponseRedirect(content_origin(request) + sign(link, now=timezone.now()))


@requires(Permission.APPROVE)
@require_POST
def approve(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """Send it as it was read, or as it was corrected."""
    me, form = request.user, _read(request)
    body = form.typed("body")
    if form.errors:
        return _refused(request, draft_id, form, form.said("body"), 422)
    said = [str(form.cleaned_data["draft_version"]), body or ""]
    key = fresh_key(draft_id, ["approve", *said], me)
    done = queued(key, me)
    if done is None:
        try:
            draft = approval.get_submitted(me, draft_id)
            draft.version = form.cleaned_data["draft_version"]
            done = approval.approve(
                draft,
                by=me,
                idempotency_key=key,
                version=form.cleaned_data["version"],
                text=body,
                confirmed=form.cleaned_data["anyway"],
            )
        except NotSubmitted:
            return _gone(request, form)
        except REFUSALS as error:
            return _held(request, draft_id, form, error)
    return _sent(request, form, done)


@requires(Permission.APPROVE)
@require_POST
def approve_later(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """Let it leave at the next opening, or at a day and an hour."""
    form, at = _read(request), WhenForm(request.POST).moment()
    if at is None:
        return _refused(request, draft_id, form, NO_TIME, 422)
    try:
        draft = approval.get_submitted(request.user, draft_id)
        draft.version = form.cleaned_data["draft_version"]
        scheduling.approve_later(draft, by=request.user, at=at, version=form.cleaned_data["version"])
    except NotSubmitted:
        return _gone(request, form)
    except BadTime:
        return _refused(request, draft_id, form, BAD_TIME, 422)
    except REFUSALS as error:
        return _held(request, draft_id, form, error)
    if draft.conversation_id:
        return after_act(request, draft.conversation_id)
    return away(request, reverse("scheduled", args=[draft.pk]))


@requires(Permission.APPROVE)
@require_POST
def send_back(request: StaffRequest, draft_id: UUID) -> HttpResponse:
    """Give it back to its author, with what is to be changed."""
    form = _read(request)
    if form.errors:
        return _refused(request, draft_id, form, form.said("note"), 422)
    try:
        draft = approval.get_submitted(request.user, draft_id)
        draft.version = form.cleaned_data["draft_version"]
        opened = approval.send_back(draft, by=request.user, note=form.cleaned_data["note"])
    except NotSubmitted:
        return _gone(request, form)
    except StaleDraft:
        return _refused(request, draft_id, form, CHANGED, 409)
    except EmptyNote:
        return _refused(request, draft_id, form, NO_NOTE, 422)
    except NoteTooLong:
        return _refused(request, draft_id, form, LONG_NOTE, 422)
    if opened.conversation_id:
        return after_act(request, opened.conversation_id)
    return away(request, REVIEW.url)


def _read(request: StaffRequest) -> ReviewForm:
    """Without its hidden fields it is no form of ours."""
    form = ReviewForm(request.POST)
    form.is_valid()
    if {"draft_version", "version", "conversation", "then", "remind"} & set(form.errors):
        raise Http404
    return form


def _sent(request: StaffRequest, form: ReviewForm, delivery: Delivery) -> HttpResponse:
    if delivery.message is None:
        raise Http404
    conversation_id = delivery.message.conversation_id
    form.carry_out(conversation_id, by=request.user)
    if form.cleaned_data["conversation"]:
        return after_act(request, conversation_id)
    return away(request, conversation_url(conversation_id, REVIEW))


def _held(request: StaffRequest, draft_id: UUID, form: ReviewForm, error: Exception) -> HttpResponse:
    """Why it did not leave; it waits on, and nothing that was typed is lost."""
    me, conversation_id = request.user, form.cleaned_data["conversation"]
    if isinstance(error, StaleDraft):
        return _refused(request, draft_id, form, CHANGED, 409)
    if isinstance(error, StaleVersion) and conversation_id:
        held = moved(conversation_for(me, conversation_id), me)
        return _refused(request, draft_id, form, "", 409, ReviewTyped(draft_id, held=held))
    if isinstance(error, SameMessageAgain):
        return _refused(request, draft_id, form, "", 409, ReviewTyped(draft_id, held=sent_already(error)))
    if isinstance(error, Refused):
        words = " ".join(refusal.reason for refusal in error.refusals)
        return _refused(request, draft_id, form, words, 422)
    return _refused(request, draft_id, form, CONTROL, 422)


def _refused(
    request: StaffRequest,
    draft_id: UUID,
    form: ReviewForm,
    fault: str,
    status: int,
    typed: ReviewTyped | None = None,
) -> HttpResponse:
    typed = typed or ReviewTyped(draft_id, fault=fault)
    typed = dataclasses.replace(typed, body=form.typed("body"), note=form.typed("note"))
    try:
        draft = approval.get_submitted(request.user, draft_id)
    except NotSubmitted:
        return _gone(request, form)
    if draft.conversation_id:
        return after_act(request, draft.conversation_id, review=typed, status=status)
    return _page(request, draft, typed, status=status)


def _gone(request: StaffRequest, form: ReviewForm) -> HttpResponse:
    """A colleague was quicker; a correction that was typed stays on the screen."""
    conversation_id, body = form.cleaned_data.get("conversation"), form.typed("body")
    if conversation_id is None:
        return in_shell(request, "inbox/submitted_gone.html", {"body": body or ""}, place=REVIEW, status=409)
    conversation = conversation_for(request.user, conversation_id)
    draft = fresh_card(conversation.pk)
    if body:
        draft = dataclasses.replace(draft, body=body, errors=DraftErrors(whole=KEPT))
    return after_act(request, conversation.pk, draft=draft if body else None, fault=GONE, status=409)


def _page(
    request: StaffRequest, draft: Draft, typed: ReviewTyped | None = None, *, status: int = 200
) -> HttpResponse:
    (card,) = cards([draft], request.user, typed)
    context = {"submitted": card, "recipients": recipient_cards(draft.recipients)}
    return in_shell(request, "inbox/submitted.html", context, place=REVIEW, status=status)
