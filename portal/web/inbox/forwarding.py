"""Forward a message: choose which of its files go along, then write to whom."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from portal.conversations.models import Attachment, Message, MessageKind
from portal.documents.sniff import Kind
from portal.lib.confined.contract import ChildUnavailable
from portal.lib.ids import uuid7
from portal.outbound.drafts import NoSuchDraft
from portal.outbound.files import FileRefused, attach_file
from portal.outbound.forwarding import start_forward
from portal.outbound.models import Draft
from portal.records.originals import Lost, bytes_of
from portal.team.models import User
from portal.team.policy import Permission
from portal.web.access import requires
from portal.web.content.names import shown_name
from portal.web.content.opening import is_open, note_opened
from portal.web.inbox.answers import in_shell, viewer_of
from portal.web.inbox.doors import conversation_for, message_for
from portal.web.inbox.forward_cards import ForwardFile
from portal.web.inbox.people import TEAM, correspondent, sender_of
from portal.web.requests import StaffRequest

LOST = "Une pièce choisie ne peut pas être lue en ce moment : transférez sans elle, ou réessayez dans un instant."


@requires(Permission.COMPOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def forward(request: StaffRequest, message_id: UUID) -> HttpResponseBase:
    """A page to choose the files on; then the composer, with the message quoted."""
    message = message_for(request.user, message_id)
    if message.kind not in (MessageKind.RECEIVED, MessageKind.SENT):
        raise Http404
    offered = [file for file in message.attachments.order_by("position") if is_open(file)]
    if request.method != "POST":
        only = request.GET.get("piece")
        chosen = [file for file in offered if only in (None, str(file.pk))]
        return _page(request, message, offered, chosen)
    wanted = set(request.POST.getlist("files"))
    chosen = [file for file in offered if str(file.pk) in wanted]
    try:
        draft = start_forward(message, by=request.user, draft_id=_draft_id(request), writer=_writer(message))
        _take_along(draft, chosen, by=request.user)
    except NoSuchDraft as error:  # sent meanwhile, from another tab
        raise Http404 from error
    except (Lost, ChildUnavailable):
        return _page(request, message, offered, chosen, fault=LOST)
    except FileRefused as refused:
        return _page(request, message, offered, chosen, fault=str(refused))
    return HttpResponseRedirect(reverse("compose_draft", args=[draft.pk]))


def _take_along(draft: Draft, files: Sequence[Attachment], *, by: User) -> None:
    """Those that were left out on a second try are taken off again."""
    ids = {uuid5(draft.pk, str(file.pk)): file for file in files}
    draft.files.exclude(pk__in=ids).delete()
    for file_id, file in ids.items():
        attach_file(draft, by=by, name=file.name, content=bytes_of(file), file_id=file_id)
        note_opened(file, by=by, now=timezone.now())


def _draft_id(request: StaffRequest) -> UUID:
    """That the page was made with: a second click finds the first one's. Raises Http404."""
    try:
        return UUID(request.POST.get("draft", ""))
    except ValueError as error:
        raise Http404 from error


def _writer(message: Message) -> str:
    """By name: of a patient never the address, which is the INS."""
    if message.kind == MessageKind.SENT:
        return message.author.display_name if message.author else TEAM
    return sender_of(message)


def _page(
    request: StaffRequest,
    message: Message,
    offered: Sequence[Attachment],
    chosen: Sequence[Attachment],
    *,
    fault: str = "",
) -> HttpResponse:
    viewer = viewer_of(request)
    conversation = conversation_for(request.user, message.conversation_id)
    context = {
        "message": message,
        "who": correspondent(conversation)[0],
        "writer": _writer(message),
        "back_url": reverse("conversation", args=[conversation.pk]),
        "draft_id": request.POST.get("draft") or uuid7(),
        "files": tuple(
            ForwardFile(file.pk, shown_name(file.name, Kind(file.kind)), file.size, file in chosen)
            for file in offered
        ),
        "fault": fault,
    }
    return in_shell(request, "inbox/forward.html", context, place=viewer.place, status=422 if fault else 200)
