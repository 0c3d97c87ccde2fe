"""The signature under a message: shown while one writes, and what was shown is what leaves.

The line of whoever wrote it, then what the pharmacy wrote for its mailbox; nothing until it did. A template ends as it
is written, and a tracking page bears the pharmacy's name already: they have none.
"""

from __future__ import annotations

import hashlib

from portal.mailboxes.models import Mailbox
from portal.outbound.models import Draft
from portal.outbound.page import answered_on_page
from portal.team.models import User
from portal.team.signing import line_of


class SignatureChanged(Exception):
    """Another one than was on screen would leave: nothing was sent."""


def signature_for(mailbox: Mailbox, author: User) -> str:
    """What somebody's free words from this mailbox are signed with; empty when they are not."""
    return f"{line_of(author)}\n{mailbox.signature}" if mailbox.signature else ""


def signature_of(draft: Draft) -> str:
    """What it was signed with when it was put out of its author's hands, else what it would be now."""
    if draft.signature is not None:
        return draft.signature
    if draft.template_id is not None or answered_on_page(draft.conversation):
        return ""
    return signature_for(draft.mailbox, draft.author)


def signed(draft: Draft) -> str:
    """The words as they leave."""
    signature = signature_of(draft)
    return f"{draft.text.rstrip()}\n\n{signature}" if signature else draft.text


def mark_of(signature: str) -> str:
    """A signature as a form names the one that it showed."""
    return hashlib.sha256(signature.encode()).hexdigest()[:16]


def refuse_unseen(draft: Draft, mark: str | None) -> None:
    """`mark` is of the signature on screen, None where none is shown. Raises SignatureChanged."""
    if mark is not None and draft.template_id is None and mark != mark_of(signature_of(draft)):
        raise SignatureChanged
