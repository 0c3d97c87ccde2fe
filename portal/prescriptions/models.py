"""A prescription that the team works on, and each step it took: who, when, why."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, IntegerField, Q, Value, When

from portal.conversations.models import Conversation, Message
from portal.lib.ids import uuid7
from portal.vault.fields import SealedManager, SealedQuerySet, SealedTextField


class State(models.TextChoices):
    RECEIVED = "received", "Reçue"
    PREPARING = "preparing", "En préparation"
    PREPARED = "prepared", "À contrôler"
    CONTROLLED = "controlled", "Contrôlée"
    READY = "ready", "Prête"
    HANDED_OVER = "handed-over", "Remise"
    WAITING = "waiting", "En attente"
    REFUSED = "refused", "Refusée"
    ABANDONED = "abandoned", "Abandonnée"


CLOSED = (State.HANDED_OVER, State.REFUSED, State.ABANDONED)
RELEASED = (State.CONTROLLED, State.READY, State.HANDED_OVER)
# The order of the list: what a pharmacist alone can do, what nobody has begun, and so on.
URGENCY = (
    *(State.PREPARED, State.RECEIVED, State.PREPARING),
    *(State.CONTROLLED, State.WAITING, State.READY),
)


class Nature(models.TextChoices):
    """How it came, which is all that is known of it: whether a PDF is an ordonnance numérique, the LGO says."""

    PHOTO = "photo", "Photo"
    PDF = "pdf", "Document PDF"
    PROFESSIONAL = "professional", "Reçue d’un professionnel"
    OTHER = "other", "Ouverte à la main"


class Evidence(models.TextChoices):
    """What was seen before handing over: a photo is never enough (mssante 6.2)."""

    ORIGINAL = "original", "Original vu"
    LGO = "lgo", "Ordonnance numérique lue dans le LGO"


class Act(models.TextChoices):
    OPEN = "open", "Reçue"
    START = "start", "Préparation commencée"
    PREPARED = "prepared", "Préparation finie"
    SEND_BACK = "send-back", "Renvoyée en préparation"
    CONTROL = "control", "Contrôlée"
    READY = "ready", "Prête à remettre"
    HAND_OVER = "hand-over", "Remise"
    WAIT = "wait", "Mise en attente"
    RESUME = "resume", "Reprise"
    REFUSE = "refuse", "Refusée"
    ABANDON = "abandon", "Abandonnée"
    REOPEN = "reopen", "Rouverte"


class Reason(models.TextChoices):
    STOCK = "stock", "Produit manquant"
    PRESCRIBER = "prescriber", "Réponse du prescripteur attendue"
    PATIENT = "patient", "Réponse du patient attendue"
    ILLEGIBLE = "illegible", "Illisible ou incomplète"
    INVALID = "invalid", "Non conforme ou périmée"
    RISK = "risk", "Risque pour le patient"
    NOT_A_PRESCRIPTION = "not-a-prescription", "Ce n’est pas une ordonnance"
    DUPLICATE = "duplicate", "En double ou déjà traitée"
    CANCELLED = "cancelled", "Le patient y renonce"
    NOT_COLLECTED = "not-collected", "Jamais retirée"
    OTHER = "other", "Autre raison"


class PrescriptionQuerySet(SealedQuerySet["Prescription"]):
    def visible_to(self, user_id: object) -> Self:
        """Those of the conversations that this person may see."""
        return self.filter(conversation__in=Conversation.objects.visible_to(user_id).values("id"))

    def under_way(self) -> Self:
        return self.exclude(state__in=CLOSED)

    def most_urgent_first(self) -> Self:
        """By state, and in a state the one that has been there longest."""
        ranks = [When(state=state, then=Value(rank)) for rank, state in enumerate(URGENCY)]
        rank = Case(*ranks, default=Value(len(URGENCY)), output_field=IntegerField())
        return self.order_by(rank, "moved_at", "id")


class Prescription(models.Model):
    """Every write carries the version it saw and raises it; moved by actions.py alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="prescriptions")
    # The received message that opened it; none when a person did.
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="+")
    nature = models.CharField(max_length=12, choices=Nature)
    state = models.CharField(max_length=12, choices=State, default=State.RECEIVED)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    moved_at = models.DateTimeField()  # since when it is in its state
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    controlled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # The only pharmacist present controlled what she had prepared, and said so.
    controlled_alone = models.BooleanField(default=False)
    evidence = models.CharField(max_length=10, choices=Evidence, blank=True, default="")
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PrescriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=RELEASED) | Q(controlled_by__isnull=False, prepared_by__isnull=False),
                name="prescription_released_was_controlled",
            ),
            models.CheckConstraint(
                condition=Q(controlled_alone=True)
                | Q(controlled_by__isnull=True)
                | (~Q(controlled_by=F("prepared_by")) & ~Q(controlled_by=F("begun_by"))),
                name="prescription_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.HANDED_OVER)
                | Q(evidence__in=[Evidence.ORIGINAL, Evidence.LGO], seen_by__isnull=False),
                name="prescription_handed_over_was_seen",
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="prescription_state_known"),
        ]
        indexes = [
            models.Index(
                fields=["state", "moved_at", "id"],
                condition=~Q(state__in=CLOSED),
                name="prescription_under_way",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def closed(self) -> bool:
        return self.state in CLOSED


class Step(models.Model):
    """One act on a prescription; never changed, never removed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=12, choices=Act)
    at = models.DateTimeField()
    # Nobody: Officinal opened it.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    alone = models.BooleanField(default=False)
    reason = models.CharField(max_length=20, choices=Reason, blank=True, default="")
    remark = SealedTextField(label="prescription_step.remark", blank=True, default="")

    objects = SealedManager["Step"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(act__in=[Act.WAIT, Act.REFUSE, Act.ABANDON]) | ~Q(reason=""),
                name="step_has_its_reason",
            )
        ]
        indexes = [models.Index(fields=["prescription", "at", "id"], name="step_in_order")]

    def __str__(self) -> str:
        return str(self.pk)
