"""Where a message stands, recipient by recipient, in words that a pharmacist reads at the counter."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from portal.mail.faults import Code, cause
from portal.mailboxes.models import MailboxState
from portal.outbound.fates import BROKEN_OFF, EXPIRED, NOT_TRUSTED, UNREADABLE
from portal.outbound.models import Delivery, DeliveryState, Recipient, RecipientState

MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
FAULTS = frozenset(code.value for code in Code)
WAITING = frozenset({DeliveryState.QUEUED, DeliveryState.RETRY_WAIT})
UNDERWAY = frozenset({DeliveryState.CLAIMED, DeliveryState.HANDOVER})
READ = "displayed"


class Tone(StrEnum):
    """How a line is coloured; the words say it all without the colour."""

    WAITING = "waiting"
    GOOD = "good"
    BAD = "bad"
    ASK = "ask"
    QUIET = "quiet"


@dataclass(frozen=True)
class Line:
    """What is shown beside a recipient. `seconds` is set while the send can still be taken back for so long."""

    text: str
    tone: Tone
    seconds: int | None = None


def describe(delivery: Delivery, recipient: Recipient, *, now: datetime) -> Line:
    """Where the message stands for this recipient; reads `delivery.mailbox`."""
    if recipient.state == RecipientState.PENDING:
        return _pending(delivery, recipient, now)
    return _DECIDED[RecipientState(recipient.state)](delivery, recipient, now)


def next_attempt(delivery: Delivery) -> datetime | None:
    """When the next attempt is made, if one is: a stopped mailbox waits for its own next try."""
    if delivery.state not in WAITING:
        return None
    stopped_until = delivery.mailbox.send_retry_at
    return max(delivery.next_at, stopped_until) if stopped_until else delivery.next_at


def moment(at: datetime, *, now: datetime) -> str:
    """« 9:51 », « hier à 9:51 » or « le 3 novembre à 9:51 », on the clock of the pharmacy."""
    here, today = timezone.localtime(at), timezone.localtime(now).date()
    clock = f"{here.hour}:{here.minute:02}"
    if here.date() == today:
        return f"à {clock}"
    if here.date() == today - timedelta(days=1):
        return f"hier à {clock}"
    if here.date() == today + timedelta(days=1):
        return f"demain à {clock}"
    return f"le {here.day} {MONTHS[here.month - 1]} à {clock}"


def why(code: str) -> str:
    """The cause behind a stored code, in a few words: an enhanced status says more than the SMTP code."""
    if code in _OURS:
        return _OURS[code]
    status = re.search(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b", code)
    if status:
        kind, subject, detail = status.groups()
        if kind == "4" and subject == "7":  # how a grey list answers
            return "le serveur demande de réessayer plus tard"
        found = _STATUS.get(f"{subject}.{detail}") or _STATUS.get(subject)
        if found:
            return found
    if code in FAULTS:
        sentence = cause(Code(code)).rstrip(".")
        return sentence[:1].lower() + sentence[1:]
    return _SMTP.get(code[:3], "refusé par le serveur du destinataire")


def _pending(delivery: Delivery, recipient: Recipient, now: datetime) -> Line:
    if delivery.state in UNDERWAY:
        return Line("En cours d’envoi", Tone.WAITING)
    if delivery.state == DeliveryState.UNCERTAIN:
        return Line("Pas encore parti : décidez d’abord du reste", Tone.ASK)
    if delivery.state not in WAITING:
        return Line("Non parti", Tone.QUIET)
    if delivery.to_page:
        return _soon(delivery.next_at, now, "Visible", "Bientôt visible sur la page de suivi")
    if delivery.mailbox.state == MailboxState.PAUSED:
        return Line("En attente : la boîte est en pause", Tone.WAITING)
    return _waiting(delivery, recipient, now)


def _waiting(delivery: Delivery, recipient: Recipient, now: datetime) -> Line:
    at = next_attempt(delivery) or now
    if delivery.mailbox.send_retry_at and delivery.mailbox.send_retry_at > now:
        return Line(
            f"En attente : la boîte ne peut pas envoyer, nouvel essai {moment(at, now=now)}", Tone.ASK
        )
    if delivery.attempt:
        told = f" : {why(recipient.code)}" if recipient.code else ""
        return Line(f"Pas encore parti{told}. Nouvel essai {moment(at, now=now)}", Tone.WAITING)
    return _soon(at, now, "Part", "En attente d’envoi")


def _soon(at: datetime, now: datetime, verb: str, meanwhile: str) -> Line:
    seconds = math.ceil((at - now).total_seconds())
    if seconds <= 0:
        return Line(meanwhile, Tone.WAITING)
    if seconds < 60:
        return Line(f"{verb} dans {seconds} s", Tone.WAITING, seconds)
    return Line(f"{verb} {moment(at, now=now)}", Tone.WAITING)


def _accepted(delivery: Delivery, recipient: Recipient, now: datetime) -> Line:
    if delivery.state == DeliveryState.SENT_CONFIRMED:
        return Line("Envoi confirmé par l’équipe", Tone.GOOD)
    if delivery.to_page:
        return Line(_timed("Visible sur la page de suivi", recipient, now), Tone.GOOD)
    return Line(_timed("Accepté par l’opérateur", recipient, now), Tone.GOOD)


def _delivered(delivery: Delivery, recipient: Recipient, now: datetime) -> Line:
    word = "Lu" if recipient.code == READ else "Remis"
    return Line(_timed(word, recipient, now), Tone.GOOD)


def _delayed(delivery: Delivery, recipient: Recipient, now: datetime) -> Line:
    return Line(f"Retardé : l’opérateur essaie encore ({why(recipient.code)})", Tone.WAITING)


def _failed(delivery: Delivery, recipient: Recipient, now: datetime) -> Line:
    return Line(f"Non remis : {why(recipient.code)}", Tone.BAD)


def _uncertain(delivery: Delivery, recipient: Recipient, now: datetime) -> Line:
    if delivery.state == DeliveryState.RESENT:
        return Line("Peut-être parti ; envoyé de nouveau depuis", Tone.QUIET)
    if delivery.state == DeliveryState.ABANDONED:
        return Line("Peut-être parti ; l’équipe en est restée là", Tone.QUIET)
    return Line("À vérifier : peut-être parti", Tone.ASK)


def _cancelled(delivery: Delivery, recipient: Recipient, now: datetime) -> Line:
    return Line("Annulé", Tone.QUIET)


def _timed(word: str, recipient: Recipient, now: datetime) -> str:
    return f"{word} {moment(recipient.decided_at, now=now)}" if recipient.decided_at else word


_DECIDED: dict[RecipientState, Callable[[Delivery, Recipient, datetime], Line]] = {
    RecipientState.ACCEPTED: _accepted,
    RecipientState.DELAYED: _delayed,
    RecipientState.DELIVERED: _delivered,
    RecipientState.FAILED: _failed,
    RecipientState.UNCERTAIN: _uncertain,
    RecipientState.CANCELLED: _cancelled,
}
_OURS = {
    EXPIRED: "pas parti en 24 heures",
    NOT_TRUSTED: "domaine hors de l’espace de confiance MSSanté",
    UNREADABLE: "message illisible sur ce serveur",
    BROKEN_OFF: "l’envoi s’est interrompu à chaque essai sur ce serveur",
    "": "sans réponse du serveur",
}
# RFC 3463: subject and detail, or the subject alone.
_STATUS = {
    "1.1": "boîte inconnue",
    "1.2": "domaine inconnu",
    "1.3": "adresse mal écrite",
    "1.6": "la boîte a changé d’adresse",
    "1.8": "adresse de la pharmacie refusée",
    "1.10": "le destinataire ne reçoit pas de messages",
    "1": "adresse refusée",
    "2.1": "boîte fermée",
    "2.2": "boîte pleine",
    "2.3": "message trop gros",
    "2": "boîte indisponible",
    "3.4": "message trop gros",
    "3": "serveur du destinataire indisponible",
    "4.7": "délai dépassé",
    "4": "serveur du destinataire injoignable",
    "5": "erreur de protocole",
    "6": "contenu refusé",
    "7.1": "envoi non autorisé",
    "7": "refusé par une règle de sécurité",
}
_SMTP = {
    "421": "le serveur demande de revenir plus tard",
    "450": "boîte occupée",
    "451": "refus temporaire du serveur",
    "452": "place insuffisante chez le destinataire",
    "550": "boîte inconnue ou fermée",
    "551": "boîte inconnue ici",
    "552": "boîte pleine ou message trop gros",
    "553": "adresse refusée",
    "554": "refusé par le serveur",
}
