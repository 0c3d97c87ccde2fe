"""What an automatic answer says: the responsible person's words, with the hour of the next opening filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.formats import date_format

from portal.house.details import details
from portal.inbound.models import AnsweringRule, Outcome
from portal.lib.nights import PARIS
from tenants.context import current_pharmacy

NBSP = "\N{NO-BREAK SPACE}"
OPENING, PHONE, PHARMACY = "{ouverture}", "{telephone}", "{pharmacie}"
BLANKS = (OPENING, PHONE, PHARMACY)
UNKNOWN_OPENING = "prochainement"
_BRACED = re.compile(r"\{[^{}]*\}")

CLOSED_TEXT = f"""\
Bonjour,

La pharmacie est fermée. Elle rouvre {OPENING}{NBSP}: votre message sera lu à ce moment-là, pas avant.

En cas d’urgence, appelez le 15 ou le 112.
La nuit, le dimanche et les jours fériés, le 3237 indique la pharmacie de garde.

{PHARMACY}
Ceci est une réponse automatique."""
RECEIPT_TEXT = f"""\
Bonjour,

Bien reçu. Nous préparons seulement{NBSP}: apportez l’original de votre ordonnance (ou son QR code) \
et votre carte Vitale.

En cas d’urgence, appelez le 15 ou le 112.

{PHARMACY}
Ceci est une réponse automatique."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said, empty for nothing, and how it is written down."""

    outcome: Outcome
    text: str = ""


def words_for(
    rule: AnsweringRule,
    *,
    closed: bool,
    receipt: bool,
    instead: Outcome,
    opens_at: datetime | None,
    now: datetime,
) -> Words:
    """One mail, whatever there is to say: the receipt first. `instead` is the outcome when there is nothing."""
    parts = [text for wanted, text in ((receipt, rule.receipt_text), (closed, rule.closed_text)) if wanted]
    if not parts:
        return Words(instead)
    outcome = Outcome.BOTH if closed and receipt else Outcome.CLOSED if closed else Outcome.RECEIPT
    return Words(outcome, filled("\n\n".join(parts), opens_at=opens_at, now=now))


def filled(text: str, *, opens_at: datetime | None, now: datetime) -> str:
    """The words as they leave."""
    written = details()
    values = {
        OPENING: moment(opens_at, now) if opens_at else UNKNOWN_OPENING,
        PHONE: written.phone if written else "",
        PHARMACY: current_pharmacy().name,
    }
    return _BRACED.sub(lambda found: values.get(found[0], found[0]), text)


def unknown_blanks(text: str) -> list[str]:
    """What stands in braces and is none of BLANKS."""
    return [each for each in _BRACED.findall(text) if each not in BLANKS]


def moment(at: datetime, now: datetime) -> str:
    """« aujourd’hui à 14 h », « lundi 30 novembre à 8 h 30 »."""
    local = at.astimezone(PARIS)
    clock = f"{local.hour}{NBSP}h" + (f"{NBSP}{local.minute:02}" if local.minute else "")
    if local.date() == now.astimezone(PARIS).date():
        return f"aujourd’hui à {clock}"
    with translation.override("fr"):
        return f"{date_format(local, 'l j F')} à {clock}"
