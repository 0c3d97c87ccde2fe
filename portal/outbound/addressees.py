"""Who may be written to: syntax, trust space, and a patient only in reply (mssante 2.7, 3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.timezone import localtime

from portal.conversations.models import Conversation
from portal.conversations.people import takes_part
from portal.directory.loads import state_of
from portal.directory.models import Reference
from portal.directory.whitelist import refused_domains
from portal.lib.text import visible
from portal.mail.addresses import Address, BadAddress, check_outgoing

MOST_RECIPIENTS = 50

NOBODY = "Indiquez au moins un destinataire."
TOO_MANY = f"Pas plus de {MOST_RECIPIENTS} destinataires par message."
BAD_SYNTAX = "Cette adresse est mal écrite."
NOT_TRUSTED = "Ce domaine n’est pas dans l’espace de confiance MSSanté : l’opérateur refuserait le message."
NO_LIST = " La liste de ses domaines n’est pas chargée : prévenez qui héberge Officinal."
OLD_LIST = " La liste de ses domaines date du {} : s’il est nouveau, prévenez qui héberge Officinal."
PATIENT_FIRST = "On n’écrit à un patient que pour lui répondre : il doit avoir écrit dans cette conversation."
TWO_PATIENTS = "Un message s’adresse à un seul patient : chacun verrait l’adresse, donc l’INS, de l’autre."

_ENTRY = re.compile(r"(?P<label>[^<>\r\n]{0,200})<(?P<named>[^<>]+)>|(?P<alone>[^<>\s]+)")


@dataclass(frozen=True)
class Refusal:
    """Why a message may not leave, in French; `address` as it was typed, empty when it is about the whole."""

    address: str
    reason: str


class Refused(Exception):
    """The message was not queued."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(f"{len(refusals)} refusals")
        self.refusals = list(refusals)


def check_recipients(typed: Iterable[str], conversation: Conversation | None) -> tuple[Address, ...]:
    """The recipients of a message, each once, ready for envelope and header.

    Raises:
        Refused: with a reason for each recipient that may not be written to.
    """
    named = [(entry, read_recipient(entry)) for entry in typed if entry.strip()]
    refusals = [Refusal(entry, BAD_SYNTAX) for entry, address in named if address is None]
    good: dict[str, tuple[str, Address]] = {}
    for entry, address in named:
        if address is not None:
            good.setdefault(address.key, (entry, address))
    refusals += _outside(good.values())
    refusals += _patients(good.values(), conversation)
    refusals += _count(len(good), empty=not named)
    if refusals:
        raise Refused(refusals)
    return tuple(address for _, address in good.values())


def read_recipient(entry: str) -> Address | None:
    """What was typed or taken over from a mail: `Label <address>`, or the address alone; nothing lenient."""
    found = _ENTRY.fullmatch(entry.strip())
    if not found:
        return None
    try:
        return Address(
            visible(found["label"] or "").strip('" '), check_outgoing(found["named"] or found["alone"])
        )
    except BadAddress:
        return None


def _outside(named: Iterable[tuple[str, Address]]) -> Iterator[Refusal]:
    refused = refused_domains({address.domain for _, address in named})
    outside = [entry for entry, address in named if address.domain in refused]
    age = _age_of_list() if outside else ""
    return (Refusal(entry, NOT_TRUSTED + age) for entry in outside)


def _age_of_list() -> str:
    """What to know of the white list before one believes its refusal; nothing when it is fresh."""
    state = state_of(Reference.WHITELIST)
    if state.at is None:
        return NO_LIST
    return OLD_LIST.format(date_format(localtime(state.at), "j F Y")) if state.old else ""


def _patients(named: Iterable[tuple[str, Address]], conversation: Conversation | None) -> Iterator[Refusal]:
    known = conversation.people if conversation else []
    patients = [(entry, address) for entry, address in named if address.is_patient()]
    for entry, address in patients:
        if not takes_part(address.key, known):
            yield Refusal(entry, PATIENT_FIRST)
    if len(patients) > 1:
        yield Refusal("", TWO_PATIENTS)


def _count(number: int, *, empty: bool) -> Iterator[Refusal]:
    if empty:
        yield Refusal("", NOBODY)
    if number > MOST_RECIPIENTS:
        yield Refusal("", TOO_MANY)
