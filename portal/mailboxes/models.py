"""A BAL: its address, its servers, how one gets in, and how it has been."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from portal.lib.ids import uuid7
from portal.vault.fields import SealedQuerySet


class MailboxKind(models.TextChoices):
    """mssante 1.1; the kind and the address never change."""

    ORG = "ORG", "Organisationnelle"
    PER = "PER", "Personnelle"
    APP = "APP", "Applicative"


class Security(models.TextChoices):
    IMPLICIT = "implicit", "TLS dès la connexion (993, 465)"
    STARTTLS = "starttls", "STARTTLS (143, 587)"


class CredentialKind(models.TextChoices):
    """How the operator lets this mailbox in; depends on its contract (mssante 2.8)."""

    CERTIFICATE = "certificate", "Certificat de l’organisation"
    PASSWORD = "password", "Mot de passe"
    BOTH = "both", "Certificat et mot de passe"
    TOKEN = "token", "Jeton Pro Santé Connect"


class MailboxState(models.TextChoices):
    ACTIVE = "active", "En service"
    PAUSED = "paused", "En pause"


class MailboxQuerySet(SealedQuerySet["Mailbox"]):
    def seen_by(self, user_id: object) -> MailboxQuerySet:
        """Shared mailboxes, and the personal one of this person: a PER mailbox is its owner's alone."""
        return self.filter(Q(owner=None) | Q(owner=user_id))

    def due(self) -> MailboxQuerySet:
        """Those to be fetched now, on the database's clock."""
        return self.filter(state=MailboxState.ACTIVE, next_fetch_at__lte=Now())


class Mailbox(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address = models.CharField(max_length=254, unique=True)
    kind = models.CharField(max_length=3, choices=MailboxKind, default=MailboxKind.ORG)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=120)  # what correspondents read as sender (ECO.2.2.7)
    state = models.CharField(max_length=8, choices=MailboxState, default=MailboxState.ACTIVE)

    imap_host = models.CharField(max_length=253)
    imap_port = models.PositiveIntegerField(default=993)
    imap_security = models.CharField(max_length=8, choices=Security, default=Security.IMPLICIT)
    smtp_host = models.CharField(max_length=253)
    smtp_port = models.PositiveIntegerField(default=465)
    smtp_security = models.CharField(max_length=8, choices=Security, default=Security.IMPLICIT)
    folder = models.CharField(max_length=100, default="INBOX")
    credential_kind = models.CharField(max_length=12, choices=CredentialKind)
    login = models.CharField(max_length=254, blank=True)
    # Password, certificate, key and passphrase, readable by the worker alone (portal/mailboxes/credentials.py).
    credentials = models.BinaryField()
    # The only authorities this mailbox trusts: IGC-Santé in production, never the system's (ECO.1.1.10).
    trust_pem = models.TextField()
    crl_pem = models.TextField(blank=True)

    # Fetching: every UID up to the watermark is stored; a changed UIDVALIDITY (0: never fetched) starts over.
    uidvalidity = models.BigIntegerField(default=0)
    watermark = models.BigIntegerField(default=0)
    reconciled_at = models.DateTimeField(null=True)  # when all UIDs were last compared with what is here
    # When it is due; whoever takes it moves this on first, so that nobody else does (portal/mailboxes/actions.py).
    next_fetch_at = models.DateTimeField(null=True)
    fetch_failures = models.PositiveIntegerField(default=0)
    fetch_fault = models.CharField(max_length=30, blank=True)
    fetch_fault_detail = models.CharField(max_length=200, blank=True)
    fetch_fault_at = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    # When the last message came that could not be read; null once nothing is in quarantine.
    unreadable_at = models.DateTimeField(null=True)

    # What stands under its messages, below the line of whoever wrote; nothing until the pharmacy wrote it.
    signature = models.CharField(max_length=400, blank=True, default="", db_default="")

    # Sending: a fault of the mailbox itself stops all its deliveries, and one retry probes for all of them.
    send_failures = models.PositiveIntegerField(default=0)
    send_fault = models.CharField(max_length=30, blank=True)
    send_fault_detail = models.CharField(max_length=200, blank=True)
    send_fault_at = models.DateTimeField(null=True)
    send_retry_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    # Too many mails were answered automatically within an hour: none is until then.
    answers_held_until = models.DateTimeField(null=True)

    objects = MailboxQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="PER", owner__isnull=False) | (~Q(kind="PER") & Q(owner__isnull=True)),
                name="only_a_personal_mailbox_has_an_owner",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ProbeState(models.TextChoices):
    ASKED = "asked", "Demandé"
    RUNNING = "running", "En cours"
    DONE = "done", "Terminé"


class ProbeQuerySet(SealedQuerySet["Probe"]):
    def of_mailboxes(self, user_id: object) -> ProbeQuerySet:
        """The last try of each mailbox that this person sees."""
        return self.filter(Q(mailbox__owner=None) | Q(mailbox__owner=user_id), mailbox__isnull=False)


class Probe(models.Model):
    """What the worker is asked to find out at the operator, and what it found so far, step by step.

    With a mailbox: whether its connection works. Without: where the servers of a domain are (DNS SRV). Findings
    are codes, dates, names of servers and of authorities: nothing secret, and no word that a server said.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.OneToOneField(Mailbox, null=True, on_delete=models.CASCADE, related_name="probe")
    domain = models.CharField(max_length=253, blank=True)
    state = models.CharField(max_length=7, choices=ProbeState, default=ProbeState.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)  # also names the claim: who took it later wins
    done_at = models.DateTimeField(null=True)
    findings = models.JSONField(default=list)
    works = models.BooleanField(
        default=False, db_default=False
    )  # over, and every step of both connections works

    objects = ProbeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mailbox__isnull=False, domain="") | (Q(mailbox__isnull=True) & ~Q(domain="")),
                name="a_probe_is_of_a_mailbox_or_of_a_domain",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
