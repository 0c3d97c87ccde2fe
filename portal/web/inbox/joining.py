"""Join two conversations of one correspondent, take a message out of one, and undo either."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from portal.conversations.bulk import TooLate
from portal.conversations.bulk_models import OF_ONE, Batch, BatchAct
from portal.conversations.locking import StaleVersion
from portal.conversations.models import Conversation, ConversationKind, ConversationState, Message
from portal.mail.display import set_apart
from portal.records.halves import MAIL
from portal.records.joining import BY_FORM, CannotJoin, join, joined_here, part, undo_join
from portal.records.splitting import CannotSplit, split, undo_split, what_goes
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.inbox.acts import stopped
from portal.web.inbox.answers import after_act, in_shell, viewer_of
from portal.web.inbox.conversation import led_url, viewed_url
from portal.web.inbox.doors import conversation_for, message_for
from portal.web.inbox.held import moved
from portal.web.inbox.joining_cards import JoinCard, OtherLine, SplitCard
from portal.web.inbox.people import TEAM, correspondent, sender_of, short_name
from portal.web.inbox.rows import NO_SUBJECT
from portal.web.requests import StaffRequest
from portal.web.templatetags.officinal import at as written_at

MOST = 30
NOTHING_CHOSEN = "Choisissez d’abord un échange dans la liste."
TOO_LATE = "Il est trop tard pour annuler, ou c’est déjà fait. « Réunir ou séparer » le permet encore."


class JoinForm(forms.Form):
    """`other` is a conversation as id.version."""

    version = forms.IntegerField()
    other = forms.CharField(required=False, max_length=60)
    part = forms.UUIDField(required=False)
    sure = forms.BooleanField(required=False)


class SplitForm(forms.Form):
    version = forms.IntegerField()
    alone = forms.BooleanField(required=False)


@requires(Permission.MERGE)
@require_http_methods(["GET", "HEAD", "POST"])
def join_with(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """A page to choose the other one on, and to take apart again what was joined; then do it."""
    conversation = conversation_for(request.user, conversation_id)
    if request.method != "POST":
        return _join_page(request, conversation)
    form = JoinForm(request.POST)
    if not form.is_valid():
        raise Http404
    if form.cleaned_data["part"]:
        return _part(request, conversation, form)
    if not form.cleaned_data["other"]:
        return _join_page(request, conversation, fault=NOTHING_CHOSEN, status=422)
    return _join(request, conversation, form)


@requires(Permission.MERGE)
@require_http_methods(["GET", "HEAD", "POST"])
def split_off(request: StaffRequest, message_id: UUID) -> HttpResponse:
    """A page that says what would go with the message; then do it, and lead to the new conversation."""
    message = message_for(request.user, message_id)
    if message.kind not in MAIL or message.conversation.kind == ConversationKind.FORM:
        raise Http404
    if request.method != "POST":
        return _split_page(request, message)
    form = SplitForm(request.POST)
    if not form.is_valid():
        raise Http404
    given = form.cleaned_data
    try:
        new, batch = split(message, alone=given["alone"], by=request.user, version=given["version"])
    except CannotSplit as refused:
        return _split_page(request, message, fault=str(refused), status=422)
    except StaleVersion:
        fresh = message_for(request.user, message_id)
        return _split_page(request, fresh, fault=_moved(fresh.conversation, request.user), status=409)
    return _to(request, new, batch)


@requires(Permission.MERGE)
@require_POST
def undo_joined(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """Both as before, for whoever joined or split them, during five minutes."""
    batch = Batch.objects.filter(pk=batch_id, by=request.user, act__in=OF_ONE).first()
    if batch is None:
        raise Http404
    kept = conversation_for(request.user, UUID(batch.done[0]["kept"]["id"]))
    try:
        if batch.act == BatchAct.MERGE:
            undo_join(batch, by=request.user)
        else:
            undo_split(batch, by=request.user)
    except TooLate:
        return after_act(request, kept.pk, fault=TOO_LATE, status=409)
    except StaleVersion:
        return stopped(request, kept)
    return _to(request, kept, batch)


def _join(request: StaffRequest, conversation: Conversation, form: JoinForm) -> HttpResponse:
    given = form.cleaned_data
    other, seen = _other(request.user, given["other"])
    if other.pk == conversation.pk and str(other.pk) not in given["other"]:  # a second click: it is done
        return HttpResponseRedirect(led_url(conversation, viewer_of(request)))
    try:
        batch = join(
            other,
            into=conversation,
            by=request.user,
            other_version=seen,
            version=given["version"],
            sure=given["sure"],
        )
    except CannotJoin as refused:
        return _join_page(request, conversation, chosen=given["other"], fault=str(refused), status=422)
    except StaleVersion:
        return _join_page(request, conversation, fault=_moved(conversation, request.user), status=409)
    return _to(request, conversation, batch)


def _part(request: StaffRequest, conversation: Conversation, form: JoinForm) -> HttpResponse:
    given = form.cleaned_data
    try:
        other = part(given["part"], of=conversation, by=request.user, version=given["version"])
    except CannotJoin as refused:
        return _join_page(request, conversation, fault=str(refused), status=422)
    except StaleVersion:
        return _join_page(request, conversation, fault=_moved(conversation, request.user), status=409)
    return HttpResponseRedirect(viewed_url(other, viewer_of(request)))


def _other(me: User, written: str) -> tuple[Conversation, int]:
    """Raises Http404."""
    pk, _, version = written.partition(".")
    try:
        return conversation_for(me, UUID(pk)), int(version)
    except ValueError as error:
        raise Http404 from error


def _to(request: StaffRequest, conversation: Conversation, batch: Batch) -> HttpResponse:
    url = viewed_url(conversation, viewer_of(request))
    return HttpResponseRedirect(f"{url}{'&' if '?' in url else '?'}lot={batch.pk}")


def _moved(conversation: Conversation, me: User) -> str:
    last = moved(conversation, me)
    return f"{last.by} {last.did} {written_at(last.at)} : relisez, puis recommencez. Rien n’a été changé."


def _join_page(
    request: StaffRequest, conversation: Conversation, *, chosen: str = "", fault: str = "", status: int = 200
) -> HttpResponse:
    viewer = viewer_of(request)
    fresh = conversation_for(request.user, conversation.pk)
    by_form = fresh.kind == ConversationKind.FORM
    card = JoinCard(
        id=fresh.pk,
        version=fresh.version,
        who=correspondent(fresh)[0],
        subject=fresh.subject or NO_SUBJECT,
        back_url=viewed_url(fresh, viewer),
        others=() if by_form else tuple(_line(each) for each in _others(fresh, request.user)),
        joined=tuple(_line(each) for each in joined_here(fresh)),
        asks=fresh.kind == ConversationKind.PROFESSIONAL,
        chosen=chosen,
        fault=fault or (BY_FORM if by_form else ""),
    )
    return in_shell(request, "inbox/join.html", {"card": card}, place=viewer.place, status=status)


def _others(conversation: Conversation, me: User) -> list[Conversation]:
    """With the same correspondent, newest first; nobody else's is even offered."""
    alike = Conversation.objects.visible_to(me.pk).filter(
        mailbox=conversation.mailbox_id,
        kind=conversation.kind,
        patient=conversation.patient_id,
        correspondent_fingerprint=conversation.correspondent_fingerprint,
    )
    return list(alike.exclude(pk=conversation.pk).exclude(correspondent_fingerprint="").newest_first()[:MOST])


def _line(conversation: Conversation) -> OtherLine:
    return OtherLine(
        value=f"{conversation.pk}.{conversation.version}",
        subject=conversation.subject or NO_SUBJECT,
        snippet=conversation.snippet,
        state=ConversationState(conversation.state).label,
        messages=conversation.message_count,
        at=conversation.last_message_at,
    )


def _split_page(
    request: StaffRequest, message: Message, *, fault: str = "", status: int = 200
) -> HttpResponse:
    viewer, conversation = viewer_of(request), message.conversation
    going = what_goes(message, alone=False)
    after = len(going.mails) - 1
    author = short_name(message.author.display_name) if message.author else TEAM
    card = SplitCard(
        id=message.pk,
        version=conversation.version,
        who=correspondent(conversation)[0],
        writer=sender_of(message) if message.kind == MAIL[0] else author,
        at=message.at,
        text=set_apart(message.text).text,
        back_url=viewed_url(conversation, viewer),
        follows=_counted(after, len(going.notes)),
        only_alone=len(going.mails) == conversation.message_count,
        fault=fault,
    )
    return in_shell(request, "inbox/split.html", {"card": card}, place=viewer.place, status=status)


def _counted(messages: int, notes: int) -> str:
    """« 2 messages et 1 note »; nothing for nothing."""
    named = ((messages, "message"), (notes, "note"))
    return " et ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in named if n)
