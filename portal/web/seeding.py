"""Fill the demonstration: two pharmacies, their people, their mailboxes, and what the team did this morning."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from portal.audit.actions import OPERATOR
from portal.conversations.actions import assign, finish, mark_opened
from portal.conversations.label_models import Colour
from portal.conversations.labels import create_label, put_label
from portal.conversations.models import Conversation
from portal.directory.whitelist import replace_whitelist
from portal.house.actions import add_period, set_details, set_hours
from portal.house.details import details
from portal.house.hours import Stretch
from portal.house.models import PeriodKind
from portal.inbound.fetch import fetch_mailbox
from portal.inbound.process import process_stored
from portal.mailboxes.actions import Server, add_mailbox
from portal.mailboxes.credentials import Credentials
from portal.mailboxes.models import Mailbox
from portal.mailboxes.signing import set_signature
from portal.notices.models import Reach
from portal.notices.reach import set_reach
from portal.outbound.actions import queue
from portal.outbound.approval import approve, submit
from portal.outbound.drafts import save_draft, start_reply
from portal.outbound.models import Draft, ReplyTemplate
from portal.outbound.starters import add_starters
from portal.outbound.templates import approve_templates
from portal.team.absences import announce
from portal.team.actions import appoint
from portal.team.models import Absence, Role, TotpDevice, User
from portal.team.policy import Permission, allows
from portal.team.second_factor import KEY_BYTES
from portal.vault.keys import new_keyring
from tenants.context import inside
from tenants.fences import OWNER
from tenants.models import Pharmacy
from tenants.provisioning import NewPharmacy, provision

HOST = "127.0.0.1"


class NotTheDemo(Exception):
    """Known passwords are given to nobody outside the demonstration."""


@dataclass(frozen=True)
class DemoPharmacy:
    """One pharmacy of the demonstration; the first person is its titulaire."""

    name: str
    finess: str
    host: str
    address: str
    phone: str
    people: tuple[tuple[str, str, Role], ...]


@dataclass(frozen=True)
class DemoMailbox:
    """What the stand-in operator gives a pharmacy: its address, a certificate, and whom to trust."""

    address: str
    certificate: str
    key: str
    trust: str
    crl: str
    imap_port: int
    smtp_port: int


SOLEIL = DemoPharmacy(
    name="Pharmacie du Soleil",
    finess="580008803",
    host="soleil.localhost",
    address="12 rue des Tests, 58000 Nevers",
    phone="03\u00a086\u00a000\u00a000\u00a001",
    people=(
        ("nadia", "Nadia Benali", Role.TITULAIRE),
        ("claire", "Claire Moulin", Role.ADJOINT),
        ("karim", "Karim Belkacem", Role.PREPARATEUR),
        ("lea", "Léa Fontaine", Role.ETUDIANT),
    ),
)
GARE = DemoPharmacy(
    name="Pharmacie de la Gare",
    finess="750000010",
    host="gare.localhost",
    address="1 place de la Gare, 75000 Paris",
    phone="01\u00a099\u00a000\u00a000\u00a002",
    people=(("hugo", "Hugo Lefèvre", Role.TITULAIRE), ("ines", "Inès Robert", Role.PREPARATEUR)),
)

DAY = ((time(8, 30), time(12, 30)), (time(14), time(19)))
HOURS = [Stretch(weekday, opens, closes) for weekday in range(6) for opens, closes in DAY]

# What the team did with the week, by subject: who took it, the answer (empty: none yet), whether it is done.
MORNING = {
    "Merci": (
        "karim",
        "Bonjour M. Dubois,\n\nSamedi nous sommes ouverts de 8 h 30 à 12 h 30 et de 14 h à 19 h.\n\n"
        "Bonne journée,\nKarim",
        True,
    ),
    "Pansements de M. Blanc": (
        "claire",
        "Bonjour,\n\nLes pansements de M. Blanc seront prêts demain à 9 h.\n\nClaire Moulin, pharmacienne",
        False,
    ),
    "Vaccin contre la grippe": (
        "nadia",
        "Bonjour Mme Bourgeois,\n\nOui, sans rendez-vous de 9 h à 11 h. Votre grossesse n’est pas un obstacle, "
        "au contraire : apportez votre bon de vaccination.\n\nNadia Benali, pharmacienne",
        True,
    ),
    "Livraison": ("karim", "", False),
    "Piluliers de la semaine, changement pour la chambre 12": ("claire", "", False),
}

# The house's own words, and where the morning's people put them.
LABELS = {"Urgent": Colour.RED, "À commander": Colour.AMBER, "Livraison": Colour.BLUE}
LABELLED = {"Livraison": "Livraison", "Pansements de M. Blanc": "À commander"}


def open_demo_pharmacy(wanted: DemoPharmacy) -> Pharmacy:
    """Open a pharmacy of the demonstration with its people, once; a later start finds it."""
    if not settings.DEMO:
        raise NotTheDemo
    found = Pharmacy.objects.filter(finess=wanted.finess).first()
    if found is not None:
        return found
    new = NewPharmacy(wanted.name, wanted.finess, wanted.host, keyring=new_keyring, address=wanted.address)
    pharmacy = provision(new, then=lambda _: _first_person(wanted))
    with inside(pharmacy):
        for sign_in_name, display_name, role in wanted.people[1:]:
            _person(sign_in_name, display_name, role, using="default")
        # They worked here before the week of mail: what they have not read is theirs to read.
        User.objects.update(created_at=timezone.now() - timedelta(days=30))
        set_hours(HOURS, by=OPERATOR)
        set_details(address=wanted.address, phone=wanted.phone, by=OPERATOR)
        titulaire = User.objects.get(sign_in_name=wanted.people[0][0])
        add_starters(by=titulaire)
        for word, colour in LABELS.items():
            create_label(word, colour=colour, by=titulaire)
        approve_templates(ReplyTemplate.objects.values_list("pk", "version"), by=titulaire)
    return pharmacy


def connect_mailbox(pharmacy: Pharmacy, given: DemoMailbox) -> None:
    """Open the pharmacy's BAL at the stand-in operator; on a later start only its ports may have moved."""
    with inside(pharmacy):
        ports = {"imap_port": given.imap_port, "smtp_port": given.smtp_port}
        if Mailbox.objects.filter(address=given.address).update(**ports):
            return
        add_mailbox(
            address=given.address,
            label=pharmacy.name,
            imap=Server(HOST, given.imap_port),
            smtp=Server(HOST, given.smtp_port),
            credentials=Credentials(certificate=given.certificate, key=given.key),
            trust_pem=given.trust,
            crl_pem=given.crl,
            by=OPERATOR,
        )


def trust(domains: tuple[str, ...]) -> None:
    replace_whitelist(domains)


def know_the_country(folder: Path) -> None:
    """Load the stand-in directory of the day, as its operator does, from where it is published."""
    call_command("load_directory", str(folder / "annuaire.txt"), force=True, verbosity=0)


def live_through_the_morning(pharmacy: Pharmacy) -> None:
    """Fetch the week of mail, then take, answer and finish some of it, once."""
    with inside(pharmacy):
        if Conversation.objects.exists():
            return
        for mailbox in Mailbox.objects.all():
            fetch_mailbox(mailbox.pk)
        process_stored(wait=True)
        people = {user.sign_in_name: user for user in User.objects.all()}
        for conversation in Conversation.objects.order_by("last_message_at"):
            if conversation.subject in MORNING:
                _deal_with(conversation, people)
        where = details()
        set_signature(
            "\n".join([pharmacy.name, *([where.address, where.phone] if where else [])]), by=OPERATOR
        )


def be_on_garde_and_away(pharmacy: Pharmacy, *, away: str) -> None:
    """A garde at the end of this week, and somebody who is away for some days; once."""
    with inside(pharmacy):
        if Absence.objects.exists():
            return
        now = timezone.localtime()
        saturday = (now + timedelta(days=(5 - now.weekday()) % 7)).replace(
            hour=19, minute=0, second=0, microsecond=0
        )
        add_period(PeriodKind.GARDE, begins=saturday, ends=saturday + timedelta(hours=37), by=OPERATOR)
        absent = User.objects.get(sign_in_name=away)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        announce(absent, begins=midnight, ends=midnight + timedelta(days=5), by=absent, now=now)


def be_told(pharmacy: Pharmacy) -> None:
    """Two of the team are told of what waits, each in her own way; once."""
    with inside(pharmacy):
        if Reach.objects.exists():
            return
        people = {user.sign_in_name: user for user in User.objects.all()}
        set_reach(
            people["karim"], email="", mobile_number="06 39 98 00 01", by_email=False, by_sms=True
        )  # given to nobody
        set_reach(people["nadia"], email="nadia@exemple.fr", mobile_number="", by_email=True, by_sms=False)


def _deal_with(conversation: Conversation, people: dict[str, User]) -> None:
    name, answer, done = MORNING[conversation.subject]
    if name not in people:
        return
    who = people[name]
    mark_opened(conversation, by=who)
    if conversation.subject in LABELLED:
        word = LABELLED[conversation.subject]
        put_label(conversation, create_label(word, colour=LABELS[word], by=who), by=who)
    conversation = assign(conversation, to=who, by=who, version=conversation.version)
    if answer:
        draft = start_reply(conversation, by=who)
        draft = save_draft(
            draft,
            by=who,
            version=draft.version,
            recipients=draft.recipients,
            subject=draft.subject,
            text=answer,
        )
        _let_leave(draft, who, people, conversation)
        conversation.refresh_from_db()
    if done:
        finish(conversation, by=who, version=conversation.version)


def _let_leave(draft: Draft, who: User, people: dict[str, User], conversation: Conversation) -> None:
    """A pharmacist sends; what the others write passes through Claire's hands."""
    if allows(who, Permission.SEND):
        queue(draft, by=who, idempotency_key=uuid4(), version=conversation.version)
        return
    waiting = submit(draft, by=who, version=conversation.version)
    conversation.refresh_from_db()
    approve(waiting, by=people["claire"], idempotency_key=uuid4(), version=conversation.version)


def _first_person(wanted: DemoPharmacy) -> None:
    appoint(_person(*wanted.people[0], using=OWNER), by=OPERATOR, using=OWNER)


def _person(sign_in_name: str, display_name: str, role: Role, *, using: str) -> User:
    user = User(sign_in_name=sign_in_name, display_name=display_name, role=role)
    user.set_password(settings.DEMO_PASSWORD)
    user.save(using=using)
    TotpDevice(user=user, key=secrets.token_bytes(KEY_BYTES), name="démonstration", confirmed=True).save(
        using=using
    )
    return user
