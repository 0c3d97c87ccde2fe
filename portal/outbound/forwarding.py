"""Forward a message to a colleague elsewhere in MSSanté: a new message that quotes it, from the mailbox that has it.

It goes by every check of a new message: the white list, no patient (one is written to only in reply), a first contact
confirmed. The one who is asked sees the patient's name and words, never the address, which is the INS.
"""

from __future__ import annotations

from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import localtime

from portal.conversations.models import Message
from portal.conversations.people import addresses_of
from portal.lib.text import one_line
from portal.outbound.drafts import LONGEST_SUBJECT, LONGEST_TEXT, NoSuchDraft
from portal.outbound.models import Draft, DraftState
from portal.team.models import User

MARK = "Message transféré"


def start_forward(message: Message, *, by: User, draft_id: UUID, writer: str) -> Draft:
    """The draft with which a message is forwarded; the same id again finds the first click's. `writer` by name.

    Raises:
        NoSuchDraft: that id is of a draft that was sent or discarded, or of somebody else's.
    """
    draft, _ = Draft.objects.get_or_create(
        id=draft_id,
        defaults={
            "mailbox_id": message.conversation.mailbox_id,
            "author": by,
            "forwards": message,
            "subject": forwarded_subject(message),
            "text": quoted(message, writer=writer),
        },
    )
    if draft.author_id != by.pk or draft.state != DraftState.OPEN or draft.forwards_id != message.pk:
        raise NoSuchDraft(draft.pk)
    return draft


def forwarded_subject(message: Message) -> str:
    subject = str(message.headers.get("subject") or message.conversation.subject).strip()
    return one_line(subject if subject.lower().startswith("tr:") else f"Tr: {subject}", LONGEST_SUBJECT)


def whose_it_forwards(draft: Draft) -> str:
    """With whom the conversation is that a draft forwards a message of, by name; empty for any other draft."""
    if draft.forwards_id is None:
        return ""
    source = (
        Message.objects.select_related("conversation").only("conversation__people").get(pk=draft.forwards_id)
    )
    first = addresses_of(source.conversation.people[:1])
    return first[0].label if first and not first[0].misleading else ""


def quoted(message: Message, *, writer: str) -> str:
    """Room for one's own words, then the message with who wrote it and when."""
    when = date_format(localtime(message.at), "j F Y, G:i")
    lines = [MARK, f"De : {writer}", f"Le : {when}", "", *message.text.rstrip().splitlines()]
    return ("\n\n" + "\n".join(f"> {line}".rstrip() for line in lines))[:LONGEST_TEXT]
