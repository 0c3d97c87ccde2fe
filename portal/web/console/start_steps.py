"""What a pharmacy needs before its first day is over, and what of it is there: looked up, never ticked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists
from django.urls import reverse

from portal.house.models import Details, OpeningHours
from portal.intake.form import FormState, form_state
from portal.mailboxes.models import Mailbox, MailboxKind, Probe
from portal.outbound.trial import Trial, trial_of
from portal.team.models import Passkey, Responsibility, TotpDevice, User

NOTHING_SENT = Trial(sent=False, back=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it brings, and its next action. `post`: the action is an act, not a page."""

    name: str
    title: str
    words: str
    done: bool
    action: str
    url: str
    post: bool = False
    waiting: bool = False
    first_needs: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the pharmacy has come; `steps` in the order in which they are best done."""

    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def total(self) -> int:
        return len(self.steps)

    @property
    def over(self) -> bool:
        return self.done == self.total

    @property
    def following(self) -> Step | None:
        """The first that can be done now."""
        return next((step for step in self.steps if not step.done and not step.first_needs), None)


def progress(me: User) -> Progress:
    """Five short look-ups, and none of them counts rows."""
    mailbox = shared_mailbox()
    facts = _facts(me, mailbox)
    trial = trial_of(mailbox) if mailbox and facts.tested else NOTHING_SENT
    return Progress(tuple(_steps(facts, form_state(), trial, mailbox)))


def shared_mailbox() -> Mailbox | None:
    """The BAL of the pharmacy: its oldest organisational one."""
    shared = Mailbox.objects.filter(kind=MailboxKind.ORG).defer("credentials", "trust_pem", "crl_pem")
    return shared.order_by("id").first()


@dataclass(frozen=True, slots=True)
class _Facts:
    phone: bool
    details: bool
    hours: bool
    tested: bool
    team: bool


def _facts(me: User, mailbox: Mailbox | None) -> _Facts:
    """In one statement, beside the one row that every pharmacy has."""
    row = Responsibility.objects.annotate(
        has_phone=Exists(TotpDevice.objects.filter(user=me, confirmed=True)),
        has_passkey=Exists(Passkey.objects.filter(user=me)),
        has_details=Exists(Details.objects.exclude(phone="")),
        has_hours=Exists(OpeningHours.objects.all()),
        has_tested=Exists(
            Probe.objects.filter(mailbox=mailbox, works=True) if mailbox else Probe.objects.none()
        ),
        has_team=Exists(User.objects.filter(active=True).exclude(pk=me.pk)),
    ).values_list("has_phone", "has_passkey", "has_details", "has_hours", "has_tested", "has_team")
    phone, passkey, *others = row[0]
    return _Facts(phone or passkey, *others)


def _steps(facts: _Facts, form: FormState, trial: Trial, mailbox: Mailbox | None) -> Iterator[Step]:
    yield from _house_steps(facts)
    yield from _mail_steps(facts, mailbox)
    yield from _people_steps(facts, form, mailbox)
    yield _trial_step(facts, trial)


def _house_steps(facts: _Facts) -> Iterator[Step]:
    yield Step(
        "phone",
        "Votre second facteur",
        "Votre téléphone donne un code à chaque connexion.",
        facts.phone,
        "Relier un téléphone",
        reverse("inbox_home"),
    )
    yield Step(
        "details",
        "Adresse et téléphone",
        "Les patients les lisent sur la page publique et sur le formulaire.",
        facts.details,
        "Écrire les coordonnées",
        reverse("console_details"),
    )
    yield Step(
        "hours",
        "Horaires",
        "Ils s’affichent sur la page publique.",
        facts.hours,
        "Saisir les horaires",
        reverse("console_hours"),
    )


def _people_steps(facts: _Facts, form: FormState, mailbox: Mailbox | None) -> Iterator[Step]:
    yield Step(
        "team",
        "L’équipe invitée",
        "Chacun a son compte : c’est ainsi que l’on sait qui a fait quoi.",
        facts.team,
        "Inviter quelqu’un",
        reverse("console_invite"),
    )
    yield Step(
        "notice",
        "Notice d’information",
        "Ce que le patient lit avant d’envoyer son ordonnance (RGPD). Un texte de départ est prêt.",
        form.notice_ready,
        "Relire la notice",
        reverse("console_form"),
    )
    yield Step(
        "form",
        "Formulaire ouvert",
        "Les patients envoient leur ordonnance depuis la page publique.",
        form.open,
        "Ouvrir le formulaire",
        reverse("console_form"),
        first_needs=_needs(form.notice_ready, mailbox),
    )


def _trial_step(facts: _Facts, trial: Trial) -> Step:
    return Step(
        "trial",
        "Message d’essai",
        "La BAL s’écrit à elle-même : le message part chez l’opérateur et revient dans la liste.",
        trial.back,
        "Envoyer un autre essai" if trial.sent else "Envoyer le message d’essai",
        reverse("console_start_trial"),
        post=True,
        waiting=trial.sent and not trial.back,
        first_needs="" if facts.tested else "Testez d’abord la connexion.",
    )


def _mail_steps(facts: _Facts, mailbox: Mailbox | None) -> Iterator[Step]:
    yield Step(
        "mailbox",
        "La BAL",
        "La messagerie MSSanté de la pharmacie, avec les éléments donnés par votre opérateur.",
        mailbox is not None,
        "Ajouter la BAL",
        reverse("console_mailbox_new"),
    )
    yield Step(
        "probe",
        "Connexion testée",
        "Réception et envoi sont essayés étape par étape, sans rien envoyer.",
        facts.tested,
        "Tester la connexion",
        reverse("console_probe", args=[mailbox.pk]) if mailbox else "",
        first_needs="" if mailbox else "Ajoutez d’abord la BAL.",
    )


def _needs(notice_ready: bool, mailbox: Mailbox | None) -> str:
    if not notice_ready:
        return "Relisez d’abord la notice : le formulaire ne s’ouvre qu’avec elle."
    return "" if mailbox else "Ajoutez d’abord la BAL : les demandes y arrivent."
