"""What the inbox templates show: frozen cards of plain, opened values, so that no template triggers a query.

The contract between the views and `templates/inbox/`:

* every text is opened (unsealed) and in plain French; templates only escape it;
* every moment is an aware `datetime`; templates write it in Europe/Paris;
* every `*_url` is ready-made (content-host addresses come signed); an empty string means "not offered here";
* a form that writes to a conversation posts `version`, the one on screen; whatever touches a draft posts
  `draft_version`. A stale one is answered 409 with the same template, carrying `HeldCard` or the newer draft.

==============================  ==========================================================================
template                        context, and when
==============================  ==========================================================================
`inbox/shell.html`              `shell`: a view of the list, nothing opened
`inbox/conversation.html`       `shell`, `conversation`: the same, one opened
`inbox/_conversation.html`      `conversation`: htmx, a row was clicked
`inbox/_answer.html`            `shell`, `conversation`: htmx, after any act (also refreshes row and counts)
`inbox/assign.html`             `shell`, `conversation`: choose a person on a page of its own
`inbox/attachment.html`         `shell`, `conversation`, `attachment`: one file on a page of its own
`inbox/compose.html`            `shell`, `draft`, `unfinished` (`DraftLine`s): a new message
`inbox/discarded.html`          `shell`, `draft`: one that was thrown away, and may be taken up again
`inbox/_piece.html`             `file`, `first`: htmx, one file with all its pages
`inbox/_layout.html`            `url`, `alone`: htmx, a message as its sender laid it out, in a frame
`inbox/layout.html`             `shell`, `conversation`, `url`: the same on a page of its own
`inbox/join.html`, `split.html`  `shell`, `card`: what to join, or what to split off
`inbox/quarantined.html`        `shell`, `quarantined`: what could not be read
`inbox/_more.html`              `shell`: htmx, « Afficher la suite »
`inbox/_news.html`              `shell`: htmx, the list asks what is new
`inbox/_draft_saved.html`       `draft`: htmx, after `draft_save` (409 with `draft.held`)
`inbox/submitted.html`          `shell`, `submitted`: a new message that waits for a pharmacist
`inbox/later.html`              `shell`, `draft`, `on`, `time`: when it is to leave (`_later_form.html` to htmx)
`inbox/scheduled.html`          `shell`, `scheduled`: a new message that leaves later
`inbox/_delivery.html`          `delivery`, `conversation`: htmx, the state of a message on its way
`inbox/_draft_files.html`       `draft`: htmx, after `draft_attach` and `draft_detach`
==============================  ==========================================================================

Fields posted, by URL name:

* `reply`: version, draft, draft_version, conversation, body, files; `then` = finish, patient or
  prescriber when one of « Envoyer et… » was pressed, `anyway=1` when a held reply is sent all the same;
* `send`: draft, draft_version, to, subject, body, files;
* `draft_save`, `draft_attach`, `draft_detach`, `draft_discard`: the same as the form they belong to;
* `assign`: version, and person (hers alone; empty: nobody), also (hers too) or without (not hers any more);
* `finish`, `reopen`, `undo`: version. `wait`: version, on (patient, prescriber) and remind (days), or later and day;
* `add_note`: note (its id), text, mention; it needs no version, for it changes nothing that another may be changing;
* `later`: as `reply` or `send`, and `when`. `later_at`: draft_version, version, sure, on and time;
* `submit`: as `reply` or `send`. `approve`, `send_back`: draft_version, version, conversation; body, or note;
* `bulk`: row (id.version, of each ticked), vue, act = mine, finish, unread, assign (person), later, label;
* `resolve_uncertain`: version, decision = sent, resend or abandon.

A locked session answers 401 to htmx: the page covers itself and asks for the password. Requests that no person
caused (polls) carry the header `X-Unattended: 1` and must not push back the idle lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from portal.web.inbox.composer_cards import ReplyTo, SignatureCard
from portal.web.inbox.delivery_cards import DeliveryCard
from portal.web.inbox.directory_cards import RecipientCard
from portal.web.inbox.file_cards import AttachmentCard
from portal.web.inbox.form_cards import FormCard
from portal.web.inbox.forward_cards import Forwards
from portal.web.inbox.keep_cards import KeepCard
from portal.web.inbox.later_cards import LaterCard
from portal.web.inbox.model_cards import ModelCard, ModelChoice
from portal.web.inbox.nav_cards import NavItem
from portal.web.inbox.note_cards import NoteCard, NoteDraft
from portal.web.inbox.pen_cards import TheirDraft
from portal.web.inbox.review_cards import ReturnNote, SubmittedCard
from portal.web.inbox.search_cards import SearchCard
from portal.web.inbox.waiting_cards import WaitingCard
from portal.web.prescriptions.cards import Panel

Tone = Literal["plain", "patient", "pro", "form", "warn", "bad", "good"]
Correspondent = Literal["patient", "pro", "form", "unknown"]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the team as the screen names her: « Karim B. », KB, préparateur."""

    name: str
    initials: str
    role: str


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """One line of « Attribuer à… »; exactly one is `is_me`, those who have it are `is_assigned`.

    `away`: « En absence, retour lundi à 8:30 »; nothing is given to such a colleague.
    """

    id: UUID
    name: str
    initials: str
    role: str
    is_me: bool = False
    is_assigned: bool = False
    away: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A mark of one or two words; the tone only repeats what they say."""

    label: str
    tone: Tone = "plain"
    icon: str = ""


@dataclass(frozen=True, slots=True)
class LabelLink:
    """One label, as the way to its view; `put` on the conversation it is offered for."""

    id: UUID
    chip: Chip
    url: str
    put: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in the list; `url` keeps the view (`…?vue=a-moi`) so that back leads home; `group` heads it."""

    conversation_id: UUID
    url: str
    who: str
    initials: str
    kind: Correspondent
    at: datetime
    subject: str
    snippet: str
    version: int = 0  # what a tick carries
    chips: tuple[Chip, ...] = ()
    unread: bool = False  # by the one who looks
    untouched: bool = False  # nobody of the team has opened it since something came in
    current: bool = False
    group: str = ""
    in_place: bool = True  # opened beside the list, by htmx


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One message that could not be filed; `reason` is a sentence, never the message's own words."""

    raw_id: UUID
    url: str
    at: datetime
    size: int
    reason: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class ListCard:
    """The middle column: one view, one page of rows.

    `more_url` is the next keyset page. `poll_url`, asked every 30 s, answers `_news.html`, where `fresh`
    counts what arrived since the page was made. `remark` is a line above the rows, `search` what a search says of
    itself, `seen_url` marks all read, `again_url` gives a live page of no view its rows again. View « quarantaine »
    fills `quarantined`, « étiquettes » `labels`, others `rows`.
    """

    view: str
    title: str
    rows: tuple[Row, ...] = ()
    quarantined: tuple[QuarantineRow, ...] = ()
    more_url: str = ""
    poll_url: str = ""
    fresh: int = 0
    remark: str = ""
    search: SearchCard | None = None
    label: Chip | None = None
    labels: tuple[LabelLink, ...] = ()
    seen_url: str = ""
    again_url: str = ""
    ticks: bool = False  # several rows may be chosen at once

    @property
    def current(self) -> Row | None:
        """The row of the conversation on screen, when this page of the list holds it."""
        return next((row for row in self.rows if row.current), None)


@dataclass(frozen=True, slots=True)
class ShellCard:
    """What surrounds a conversation: who is signed in, the views with their counts, the list.

    `faults` are lines about the mailbox itself (« Les messages n'arrivent plus : … »), `words` those searched.
    `handover`: one waits for its second signature.
    """

    me: Person
    nav: tuple[NavItem, ...]
    listing: ListCard
    search_url: str = ""
    words: str = ""
    faults: tuple[str, ...] = ()
    handover: bool = False

    @property
    def waiting(self) -> int:
        """How much the current view counts, for the page title (« (7) À traiter »)."""
        return next((item.count for item in self.nav if item.current), 0)


@dataclass(frozen=True, slots=True)
class EventLine:
    """What the team did, between two messages: « Karim a pris en charge »."""

    at: datetime
    text: str
    icon: str = "check"
    url: str = ""
    shape: ClassVar[str] = "event"


@dataclass(frozen=True, slots=True)
class MessageCard:
    """One message of the thread; `quoted` is what it repeats of earlier ones, folded away unless it `quotes_news`.

    `origin` is where it came from (« Mon espace santé »), `to` the recipients by name, `remark` what one must
    know of its reading (« Caractères devinés »), `ending` that it ends the exchange, `folded` an old one that
    shows only its first line, `original_url` the mail as it came, for those who may have it, `layout_url` answers
    `_layout.html` with it as its sender laid it out, in `two_texts` beside the text at once, for it says something
    else. `read_by` is who of the team has read it.
    """

    id: UUID
    at: datetime
    author: str
    initials: str
    kind: Correspondent
    text: str
    outgoing: bool = False
    released_by: str = ""
    origin: str = ""
    to: str = ""
    quoted: str = ""
    quotes_news: bool = False
    signature: str = ""
    remark: str = ""
    folded: bool = False
    ending: str = ""
    attachments: tuple[AttachmentCard, ...] = ()
    delivery: DeliveryCard | None = None
    original_url: str = ""
    layout_url: str = ""
    two_texts: bool = False
    forwards: Forwards | None = None
    split_url: str = ""
    read_by: str = ""
    shape: ClassVar[str] = "message"


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A send that was held because a colleague moved meanwhile: « Claire a répondu à 9:51 »."""

    by: str
    did: str
    at: datetime
    meanwhile: bool = True


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file joined to a draft; `problem` in French when it cannot leave."""

    upload_id: UUID
    name: str
    size: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DraftErrors:
    """Why a draft was refused (422), field by field, in sentences; `whole` for what is no field's fault."""

    whole: str = ""
    to: str = ""
    subject: str = ""
    body: str = ""
    files: str = ""


@dataclass(frozen=True, slots=True)
class DraftCard:
    """What is being written.

    `id` may be a fresh UUID that no row has yet (version 0): opening a page stores nothing, the first save
    does. `to` is the field as typed (addresses between commas). `may_finish` offers « Envoyer et terminer ». `model` is
    the template being filled in, `models` those to choose from; not `direct`: it is submitted, not sent. `to_confirm`
    was never exchanged with, `sure` was confirmed.
    """

    id: UUID
    version: int = 0
    conversation_id: UUID | None = None
    to: str = ""
    subject: str = ""
    body: str = ""
    files: tuple[DraftFile, ...] = ()
    saved_at: datetime | None = None
    errors: DraftErrors = DraftErrors()
    held: HeldCard | None = None
    may_finish: bool = False
    model: ModelCard | None = None
    models: tuple[ModelChoice, ...] = ()
    direct: bool = True
    returned: ReturnNote | None = None
    to_confirm: tuple[RecipientCard, ...] = ()
    sure: tuple[str, ...] = ()
    theirs: tuple[TheirDraft, ...] = ()
    versions_url: str = ""
    signature: SignatureCard | None = None
    reply_to: ReplyTo | None = None
    forwards: str = ""

    @property
    def begun(self) -> bool:
        return bool(self.body.strip() or self.model or self.held or self.errors != DraftErrors())


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A new message that was begun and waits; `what` is its subject, else whom it is for."""

    url: str
    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConversationCard:
    """The right column: who, what was said, what was joined, what is being answered.

    `ins` is the bare matricule (13 or 15 digits) or empty, `names` what is copied for the pharmacy's software; a
    professional has `about` (« Médecin généraliste, Nevers ») instead. `draft` is None when one may not answer;
    `silence` then says why. `fault` is one line on top (« Votre réponse n'est pas partie… »). `attachments` are
    the whole conversation's: received before sent, newest first.
    """

    id: UUID
    version: int
    kind: Correspondent
    who: str
    initials: str
    subject: str
    timeline: tuple[MessageCard | NoteCard | EventLine, ...]
    about: str = ""
    names: str = ""
    birth_date: date | None = None
    ins: str = ""
    ins_chip: Chip | None = None
    finished: bool = False
    waiting: WaitingCard | None = None
    assigned: tuple[Person, ...] = ()
    people: tuple[PersonChoice, ...] = ()
    may_assign: bool = True
    may_finish: bool = True
    may_wait: bool = True
    label_chips: tuple[Chip, ...] = ()
    label_url: str = ""
    attachments: tuple[AttachmentCard, ...] = ()
    keep: KeepCard | None = None
    draft: DraftCard | None = None
    submitted: tuple[SubmittedCard, ...] = ()
    scheduled: tuple[LaterCard, ...] = ()
    silence: str = ""
    closed: str = ""
    close_url: str = ""
    unread_url: str = ""
    join_url: str = ""
    block_url: str = ""
    blocked: bool = False
    note: NoteDraft | None = None
    fault: str = ""
    back_url: str = ""
    back_label: str = ""
    next_url: str = ""
    panel: Panel | None = None
    by_form: FormCard | None = None

    @property
    def me(self) -> PersonChoice | None:
        """The one who looks, when she may take the conversation and has not yet."""
        return next((person for person in self.people if person.is_me and not person.is_assigned), None)

    @property
    def assigned_to(self) -> str:
        """« Karim B. », « Karim B., Claire D. »"""
        return ", ".join(person.name for person in self.assigned)
