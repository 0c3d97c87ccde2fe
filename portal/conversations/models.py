"""What the team shares: a conversation with one correspondent, its messages, their attachments, and the counts."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from portal.conversations.assignees import assignees_of
from portal.conversations.blocked_models import BlockedSender as BlockedSender
from portal.conversations.bulk_models import Batch as Batch
from portal.conversations.concern_models import Concern as Concern
from portal.conversations.label_models import labels_of
from portal.lib.ids import uuid7
from portal.mailboxes.models import Mailbox
from portal.patients.models import Patient
from portal.vault.fields import SealedJSONField, SealedManager, SealedQuerySet, SealedTextField


class ConversationKind(models.TextChoices):
    PATIENT = "patient", "Patient"
    PROFESSIONAL = "professional", "Professionnel"
    FORM = "form", "Formulaire"


class ConversationState(models.TextChoices):
    """Whose turn it is. LATER: the team's own, but not now."""

    OPEN = "open", "À traiter"
    PATIENT = "patient", "En attente du patient"
    PRESCRIBER = "prescriber", "En attente du prescripteur"
    LATER = "later", "Remis à plus tard"
    DONE = "done", "Terminé"


WAITING = (ConversationState.PATIENT, ConversationState.PRESCRIBER, ConversationState.LATER)


class Back(models.TextChoices):
    """Why a conversation is in *À traiter* again, until somebody does something with it."""

    ANSWER = "answer", "Réponse reçue"
    TIME = "time", "De retour"
    SILENCE = "silence", "Relance : sans réponse"


LISTED = (
    *(
        "id",
        "mailbox_id",
        "kind",
        "state",
        "version",
        "received_version",
        "subject",
        "snippet",
        "people",
        "patient_id",
    ),
    *("last_message_at", "last_sent_at", "last_received_at", "message_count", "attachment_count"),
    *(
        "prescriptions_open",
        "submitted",
        "scheduled",
        "unopened",
        "failed",
        "assignees",
        "snoozed_until",
        "back",
        "closed_at",
        "blocked",
    ),
)


class ConversationQuerySet(SealedQuerySet["Conversation"]):
    """Reads. Newest first always means (last_message_at, id), which is also the key of the next page."""

    def visible_to(self, user_id: object) -> Self:
        """Those of the shared mailboxes, and of this person's own: the only way in is access.py."""
        return self.known_to(user_id).filter(merged_into=None)

    def known_to(self, user_id: object) -> Self:
        """Those also that were joined to another one since: what was kept of them may be read."""
        return self.filter(mailbox__in=Mailbox.objects.seen_by(user_id).values("id"))

    def open(self) -> Self:
        return self.filter(state=ConversationState.OPEN, blocked=False)

    def waiting(self) -> Self:
        """For a patient, a prescriber, or a better moment."""
        return self.filter(state__in=WAITING, blocked=False)

    def done(self) -> Self:
        return self.filter(state=ConversationState.DONE, blocked=False)

    def assigned_to(self, user_id: UUID) -> Self:
        """Hers, alone or with others."""
        return self.filter(assignees__contains=[user_id])

    def labelled(self, label_id: UUID) -> Self:
        return self.filter(labels__contains=[label_id])

    def unassigned(self) -> Self:
        return self.filter(assignees=[])

    def written_to(self) -> Self:
        return self.filter(last_sent_at__isnull=False)

    def begun_by_them(self) -> Self:
        """Those whose first message came in: one that the team began is named after what somebody typed."""
        first = Message.objects.filter(conversation=OuterRef("pk")).order_by("at", "id").values("kind")[:1]
        return self.annotate(first=Subquery(first)).filter(first=MessageKind.RECEIVED)

    def newest_first(self) -> Self:
        return self.order_by("-last_message_at", "-id")

    def for_lists(self) -> Self:
        """What a row of a list shows, with the names of whose it is and of its labels."""
        return self.only(*LISTED).annotate(assigned=assignees_of(), labelled=labels_of())


class Conversation(models.Model):
    """Every write carries the version it saw and raises it (invariant 14)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, related_name="conversations")
    kind = models.CharField(max_length=12, choices=ConversationKind)
    state = models.CharField(max_length=12, choices=ConversationState, default=ConversationState.OPEN)
    version = models.PositiveIntegerField(default=1)
    # The version that the last received message made; what one has read is told by versions, for clocks differ.
    received_version = models.PositiveIntegerField(default=0, db_default=0)
    # Whose it is, in the order in which they got it: ids of users, who are never deleted (adr/0020).
    assignees = ArrayField(models.UUIDField(), default=list, db_default=[])
    labels = ArrayField(models.UUIDField(), default=list, db_default=[])  # as the assignees
    patient = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="conversations")
    # Who it is with and what about, for threading; two correspondents are never joined by a subject.
    correspondent_fingerprint = models.CharField(max_length=64)
    subject_fingerprint = models.CharField(max_length=64)
    subject = SealedTextField(label="conversation.subject", blank=True, default="")
    snippet = SealedTextField(label="conversation.snippet", blank=True, default="")
    # The correspondents, [{"label": …, "address": …}, …], the first one being who the row is named after.
    people = SealedJSONField(label="conversation.people", default=list)
    last_message_at = models.DateTimeField()
    last_sent_at = models.DateTimeField(null=True)
    last_received_at = models.DateTimeField(null=True)
    message_count = models.PositiveIntegerField(default=0)
    attachment_count = models.PositiveIntegerField(default=0)
    # Prescriptions it ever held, and those still under way: moved by portal/prescriptions alone.
    prescription_count = models.PositiveSmallIntegerField(default=0, db_default=0)
    prescriptions_open = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Answers that wait for a pharmacist: moved by portal/conversations/submissions.py alone.
    submitted = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Answers that leave later: moved by portal/conversations/scheduled.py alone.
    scheduled = models.PositiveSmallIntegerField(default=0, db_default=0)
    unopened = models.BooleanField(default=True)  # nobody of the team has opened its newest message
    # While it is: since when, by our clock; null for what was brought along, for which nobody is called.
    unopened_since = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)  # a send failed or is uncertain, and nobody has dealt with it
    # When one that waits comes back by itself, and who asked for it; null: with an answer only.
    snoozed_until = models.DateTimeField(null=True)
    snoozed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    back = models.CharField(max_length=8, choices=Back, blank=True, default="", db_default="")
    closed_at = models.DateTimeField(null=True)  # the exchange with the patient was ended (X-MSS-MES: FIN)
    # Its correspondent is filed apart: in no list but its own, and not counted (blocking.py).
    blocked = models.BooleanField(default=False, db_default=False)
    # Where all of it went (portal/records/joining.py): nothing is in this one any more, and old links lead there.
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "-last_message_at", "-id"], name="conversation_by_state"),
            GinIndex(fields=["assignees"], condition=~Q(state="done"), name="conversation_assignees"),
            GinIndex(fields=["labels"], name="conversation_labels"),
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=Q(state="open", assignees=[]),
                name="conversation_unassigned",
            ),
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=Q(state__in=["patient", "prescriber", "later"]),
                name="conversation_waiting",
            ),
            models.Index(
                fields=["snoozed_until"],
                condition=Q(snoozed_until__isnull=False),
                name="conversation_to_wake",
            ),
            models.Index(fields=["unopened_since"], condition=Q(unopened=True), name="conversation_unopened"),
            models.Index(
                fields=["-last_message_at", "-id"],
                condition=Q(last_sent_at__isnull=False),
                name="conversation_written_to",
            ),
            models.Index(
                fields=["-last_message_at", "-id"], condition=Q(blocked=True), name="conversation_blocked"
            ),
            models.Index(
                fields=["mailbox", "correspondent_fingerprint", "subject_fingerprint", "-last_message_at"],
                name="conversation_threading",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(snoozed_until__isnull=True) | Q(state__in=["patient", "prescriber", "later"]),
                name="snoozed_while_waiting",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ReadMark(models.Model):
    """Up to which version one person has read one conversation, and when she last opened it."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()

    objects = SealedManager["ReadMark"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="read_mark_once")]

    def __str__(self) -> str:
        return str(self.pk)


class MessageKind(models.TextChoices):
    RECEIVED = "in", "Reçu"
    SENT = "out", "Envoyé"
    NOTE = "note", "Note"
    EVENT = "event", "Suivi"


class MessageQuerySet(SealedQuerySet["Message"]):
    def in_order(self, conversation_id: object) -> Self:
        """The messages of a conversation, with who wrote them."""
        found = self.filter(conversation=conversation_id).order_by("at", "id").defer("tokens")
        origin = Message.objects.filter(forwarded_as=OuterRef("pk")).order_by("id").values("conversation")[:1]
        return found.select_related("author", "about", "released_by").annotate(
            forwarded_to=F("forwarded_as__conversation"), forwarded_from=Subquery(origin)
        )


# The rules by which tokens are made: each change of vault/index.py or search.py raises it, and the condition below.
INDEXED = 1


class Message(models.Model):
    """One mail, or one line of what the team did: its own words are sealed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=5, choices=MessageKind)
    at = models.DateTimeField()  # when it reached the team or was sent; what the sender claims is in headers
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # The pharmacist who let it leave, where that is not the author.
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # For an event: what happened (assigned, finished, reopened) and to whom.
    what = models.CharField(max_length=20, blank=True)
    about = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    # For the event that one was forwarded: as which message, in a conversation of its own; undone with it.
    forwarded_as = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="forwards")
    message_id_fingerprint = models.CharField(max_length=64, blank=True)
    mdn_asked = models.BooleanField(default=False)
    ends_exchange = models.BooleanField(default=False)
    # {"message_id", "references", "from", "reply_to", "to", "cc", "subject", "date"}
    headers = SealedJSONField(label="message.headers", default=dict)
    text = SealedTextField(label="message.text", blank=True, default="")
    # It came with HTML too, which is shown out of the original, cleaned, when it is asked for.
    has_layout = models.BooleanField(default=False, db_default=False)
    # What was lost or guessed in reading it: codes only.
    defects = models.CharField(max_length=200, blank=True)
    tokens = SearchVectorField(null=True)
    indexed = models.PositiveSmallIntegerField(default=INDEXED, db_default=0)

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="message_in_order"),
            models.Index(
                fields=["message_id_fingerprint"],
                condition=~Q(message_id_fingerprint=""),
                name="message_by_message_id",
            ),
            GinIndex(fields=["tokens"], name="message_tokens"),
            models.Index(fields=["id"], condition=Q(indexed__lt=1), name="message_to_index"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ScanState(models.TextChoices):
    PENDING = "pending", "En cours d’analyse"
    CLEAN = "clean", "Analysé"
    INFECTED = "infected", "Bloqué"
    UNSCANNED = "unscanned", "Non analysé"


class WordsState(models.TextChoices):
    """How far the words of a file are in the search."""

    NONE = "", "Rien à lire"
    WAITING = "waiting", "À lire"
    READ = "read", "Lu"
    CUT = "cut", "Lu en partie"
    OCR = "ocr", "Image, sans reconnaissance de texte"
    FAILED = "failed", "Illisible"


class Attachment(models.Model):
    """A file inside a message; its bytes are served out of the message, never kept twice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
    part = models.CharField(max_length=40)  # the path of the MIME part, such as 1.2
    position = models.PositiveSmallIntegerField()
    name = SealedTextField(label="attachment.name")
    kind = models.CharField(max_length=10)  # by content, from portal/documents/sniff.py
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)  # a fingerprint under the pharmacy's key
    inline = models.BooleanField(default=False)
    scan = models.CharField(max_length=10, choices=ScanState, default=ScanState.PENDING)
    # What was read in it when it came in: a Reading of portal/documents/readings.py, as JSON.
    reading = SealedTextField(label="attachment.reading", null=True)
    # Its words, read some time after it came in, to be searched: portal/records/indexing.py.
    words = models.CharField(max_length=8, choices=WordsState, blank=True, default="", db_default="")
    text = SealedTextField(label="attachment.text", null=True)

    objects = SealedManager["Attachment"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="attachment_order")]
        indexes = [
            models.Index(fields=["id"], condition=Q(scan="pending"), name="attachment_to_scan"),
            models.Index(fields=["id"], condition=Q(words="waiting"), name="attachment_to_read"),
            models.Index(fields=["id"], condition=Q(words="ocr"), name="attachment_to_recognise"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class CounterKind(models.TextChoices):
    OPEN = "open", "À traiter"
    MINE = "mine", "À moi"
    UNOPENED = "unopened", "Non ouverts"
    FAILED = "failed", "Échecs"
    QUARANTINE = "quarantine", "Quarantaine"
    PRESCRIPTION = "prescription", "Ordonnances"
    REVIEW = "review", "À valider"
    UNASSIGNED = "unassigned", "Non attribuées"
    WAITING = "waiting", "En attente"
    CONCERN = "concern", "Notifications"
    HANDOVER = "handover", "Relève à contresigner"


class Counter(models.Model):
    """Counts shown beside the views, moved in the transaction of what they count: no page ever counts rows."""

    id = models.BigAutoField(primary_key=True)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=CounterKind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    n = models.IntegerField(default=0)

    objects = SealedManager["Counter"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "kind", "user"], nulls_distinct=False, name="counter_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.n}"
