"""Open a conversation, one of its files, or a message as it came."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.conversations.actions import mark_opened
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.account.kept import lead_note
from portal.web.content.links import Link, Use, sign
from portal.web.content.opening import is_open
from portal.web.headers import content_origin
from portal.web.inbox.answers import conversation_page, fragment, in_shell, viewer_of
from portal.web.inbox.conversation import conversation_card, led_url
from portal.web.inbox.doors import attachment_for, conversation_for, message_for
from portal.web.inbox.held import moved
from portal.web.inbox.joining_cards import LED_HERE, Said, said_of
from portal.web.requests import StaffRequest, is_htmx


@requires(Permission.READ)
@require_safe
def conversation(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Reading it is in the journal, and takes the mark of what nobody has read."""
    opened, viewer = conversation_for(request.user, conversation_id), viewer_of(request)
    if opened.pk != conversation_id:
        lead_note(request, of=conversation_id, to=opened.pk)
        return HttpResponseRedirect(led_url(opened, viewer))
    mark_opened(opened, by=request.user)
    said = Said(LED_HERE) if "reuni" in request.GET else None
    if "lot" in request.GET:
        said = said_of(request.user, request.GET["lot"])
    return conversation_page(request, opened, viewer, said=said)


@requires(Permission.READ)
@require_safe
def conversation_again(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """The same for a screen that shows it already, at `version`: nobody chose to read it, so nothing is marked."""
    shown = conversation_for(request.user, conversation_id)
    known = request.GET.get("version", "")
    held = moved(shown, request.user) if known != str(shown.version) else None
    card = conversation_card(shown, viewer_of(request))
    return fragment(request, "inbox/_again.html", {"conversation": card, "held": held})


@requires(Permission.READ)
@require_safe
def attachment(request: StaffRequest, attachment_id: UUID) -> HttpResponse:
    """A file with all its pages: in place for htmx, else on a page of its own."""
    file = attachment_for(request.user, attachment_id)
    viewer = viewer_of(request)
    conversation = conversation_for(request.user, file.message.conversation_id)
    card = viewer.files.whole(file, file.message, conversation.patient)
    if is_htmx(request):
        return fragment(request, "inbox/_piece.html", {"file": card, "first": True})
    around = conversation_card(conversation, viewer)
    context = {"conversation": around, "attachment": card}
    return in_shell(request, "inbox/attachment.html", context, place=viewer.place)


@requires(Permission.READ)
@require_safe
def attachment_file(request: StaffRequest, attachment_id: UUID) -> HttpResponse:
    """Lead to the file on the content host, by a link made now; to its page when it is shut."""
    file = attachment_for(request.user, attachment_id)
    if not is_open(file):
        return HttpResponseRedirect("..")
    return _to_content(request, Link(Use.FILE, file.pk, request.user.pk))


@requires(Permission.READ)
@require_safe
def all_files(request: StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Lead to all files of a conversation, as one archive on the content host."""
    conversation = conversation_for(request.user, conversation_id)
    return _to_content(request, Link(Use.FILES, conversation.pk, request.user.pk))


@requires(Permission.READ)
@require_safe
def layout(request: StaffRequest, message_id: UUID) -> HttpResponse:
    """A message as its sender laid it out, in a frame of the content host: in place for htmx, else on its own page."""
    message = message_for(request.user, message_id)
    viewer = viewer_of(request)
    link = Link(Use.LAYOUT, message.pk, request.user.pk)
    context = {"url": viewer.origin + sign(link, now=timezone.now()), "message_id": message.pk}
    if is_htmx(request):
        return fragment(request, "inbox/_layout.html", context)
    conversation = conversation_for(request.user, message.conversation_id)
    around = conversation_card(conversation, viewer)
    return in_shell(request, "inbox/layout.html", {"conversation": around, **context}, place=viewer.place)


@requires(Permission.DOWNLOAD_ORIGINAL)
@require_safe
def raw_message(request: StaffRequest, message_id: UUID) -> HttpResponse:
    """Lead to a message as the operator gave it."""
    message = message_for(request.user, message_id)
    return _to_content(request, Link(Use.ORIGINAL, message.pk, request.user.pk))


def _to_content(request: StaffRequest, link: Link) -> HttpResponse:
    return HttpResponseRedirect(content_origin(request) + sign(link, now=timezone.now()))
