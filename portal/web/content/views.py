"""Serve pictures and files to whoever holds a good link; there is no session here, and nothing but GET."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from portal.audit.actions import record
from portal.audit.events import Event
from portal.conversations.access import NotVisible, get_attachment, get_conversation, get_message
from portal.conversations.models import Attachment
from portal.documents.rendering import Illegible, NoSuchPage
from portal.documents.sniff import DOWNLOAD, Kind, kind_of, served_type
from portal.inbound.originals import NoOriginal
from portal.inbound.quarantine import get_quarantined
from portal.lib.confined import ChildUnavailable
from portal.outbound.approval import NotSubmitted, get_submitted
from portal.outbound.models import DraftFile
from portal.records.originals import Lost, bytes_of, mail_of
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.vault.files import BlobMissing
from portal.vault.keys import Unopenable
from portal.web.access import public
from portal.web.content import answers, archives, layouts, pages
from portal.web.content.links import BadLink, Link, Use, read
from portal.web.content.names import shown_name
from portal.web.content.opening import is_open, is_original_open, note, note_opened
from portal.web.requests import PharmacyRequest
from tenants.context import current_pharmacy

ABSENT = (BadLink, NotVisible, NotSubmitted, Illegible, NoSuchPage, Lost, NoOriginal, Unopenable, BlobMissing)
LATER = "Ce contenu ne peut pas être montré pour l’instant. Réessayez dans un instant."
Serve = Callable[[PharmacyRequest, User, Link], HttpResponseBase]


def linked(use: Use, permission: Permission) -> Callable[[Serve], Callable[..., HttpResponseBase]]:
    """Let in who holds a link for this use, works here today and has the right; to all others, a bare 404."""

    def decorator(serve: Serve) -> Callable[..., HttpResponseBase]:
        @public
        @csrf_exempt  # so that a POST is told that there is none, by no page of forms
        @require_GET
        @wraps(serve)
        def view(request: PharmacyRequest, token: str) -> HttpResponseBase:
            try:
                link = read(use, token, now=timezone.now())
                return serve(request, _holder(link, permission), link)
            except ABSENT as error:
                raise Http404 from error
            except ChildUnavailable:
                return HttpResponse(LATER, status=503, content_type="text/plain; charset=utf-8")

        return view

    return decorator


@linked(Use.PAGE, Permission.READ)
def page(request: PharmacyRequest, person: User, link: Link) -> HttpResponse:
    """One page of an attachment, as a picture that we drew."""
    attachment = _opened(person, link)
    jpeg = pages.picture(attachment, link.page)
    note_opened(attachment, by=person, now=timezone.now())
    return answers.picture(request, jpeg)


@linked(Use.FILE, Permission.READ)
def file(request: PharmacyRequest, person: User, link: Link) -> HttpResponse:
    """An attachment as it came, under one of four types or none."""
    attachment = _opened(person, link)
    data = bytes_of(attachment)
    kind, name = Kind(attachment.kind), shown_name(attachment.name, Kind(attachment.kind))
    content_type = served_type(kind, name) if kind_of(data, name=name) == kind else DOWNLOAD
    note(Event.ATTACHMENT_DOWNLOAD, ("attachment", attachment.pk), by=person)
    return answers.kept(request, data, name, content_type)


@linked(Use.FILES, Permission.READ)
def files(request: PharmacyRequest, person: User, link: Link) -> HttpResponseBase:
    """All files of a conversation that are open, as one archive with a list of them all."""
    conversation = get_conversation(person, link.object_id)
    found = archives.files_of(conversation)
    with transaction.atomic():
        detail = f"what=files count={sum(map(is_open, found))} of={len(found)}"
        record(Event.CONVERSATION_EXPORT, by=person, on=("conversation", conversation.pk), detail=detail)
    pieces = archives.zipped(found, current_pharmacy())
    return answers.streamed(request, pieces, f"pieces-jointes-{timezone.localdate():%Y-%m-%d}.zip")


@linked(Use.LAYOUT, Permission.READ)
def layout(request: PharmacyRequest, person: User, link: Link) -> HttpResponse:
    """A message as its sender laid it out, cleaned; to read it is part of reading the conversation."""
    shown = layouts.shown(get_message(person, link.object_id))
    return answers.letter(request, layouts.page(shown))


@linked(Use.ORIGINAL, Permission.DOWNLOAD_ORIGINAL)
def original(request: PharmacyRequest, person: User, link: Link) -> HttpResponse:
    """A message as the operator gave it, or as it left."""
    message = get_message(person, link.object_id)
    raw = mail_of(message)
    if not is_original_open(raw, message):
        raise Lost
    note(Event.MESSAGE_ORIGINAL, ("message", message.pk), by=person)
    return answers.kept(request, raw, f"message-{message.at:%Y-%m-%d}.eml")


@linked(Use.UNREAD, Permission.DOWNLOAD_ORIGINAL)
def unread(request: PharmacyRequest, person: User, link: Link) -> HttpResponse:
    """The bytes of what could not be read."""
    quarantined = get_quarantined(person, link.object_id)
    raw = quarantined.read_blob()
    if not is_original_open(raw):
        raise Lost
    note(Event.MESSAGE_ORIGINAL, ("raw", quarantined.pk), by=person)
    return answers.kept(request, raw, f"message-illisible-{quarantined.stored_at:%Y-%m-%d}.eml")


@linked(Use.SUBMITTED, Permission.READ)
def submitted(request: PharmacyRequest, person: User, link: Link) -> HttpResponse:
    """A file of what waits for a pharmacist; it was examined when it was chosen."""
    file = DraftFile.objects.filter(pk=link.object_id).first()
    if file is None:
        raise Lost
    get_submitted(person, file.draft_id)
    data = file.read_blob()
    kind, name = Kind(file.kind), shown_name(file.name, Kind(file.kind))
    note(Event.ATTACHMENT_DOWNLOAD, ("draft-file", file.pk), by=person)
    return answers.kept(request, data, name, served_type(kind, name))


def _holder(link: Link, permission: Permission) -> User:
    """The person of the link, as things are now. Raises NotVisible."""
    person = User.objects.filter(pk=link.person_id).first()
    if person is None or not person.in_service(timezone.localdate()) or not allows(person, permission):
        raise NotVisible
    return person


def _opened(person: User, link: Link) -> Attachment:
    """Raises NotVisible, for a file that is shut too."""
    attachment = get_attachment(person, link.object_id)
    if not is_open(attachment):
        raise NotVisible
    return attachment
