"""How a line of the directory is said: the name, what the person does, where."""

from __future__ import annotations

import re

from portal.directory.models import Entry

TITLES = {
    "dr": "Dr",
    "docteur": "Dr",
    "pr": "Pr",
    "professeur": "Pr",
    "m": "M.",
    "mme": "Mme",
    "mlle": "Mme",
    "monsieur": "M.",
    "madame": "Mme",
}
_UNFIT = re.compile(r'[,;<>"()\\@]+')  # what would end or disguise a label before an address


def label_of(entry: Entry) -> str:
    """« Dr Sophie MARTIN », « CHU DE DIJON – Urgences »: fit to stand before the address in the composer."""
    if entry.last_name or entry.first_name:
        title = TITLES.get(entry.title.casefold().strip("."), "")
        said = " ".join(filter(None, (title, first_name_of(entry), entry.last_name)))
    else:
        said = " – ".join(filter(None, (entry.structure, entry.service)))
    return clean_label(said or entry.address.partition("@")[0])


def clean_label(said: str) -> str:
    """On one line, without what would end a label or disguise an address."""
    return " ".join(_UNFIT.sub(" ", said).split())[:120]


def first_name_of(entry: Entry) -> str:
    """« Marie-Claude »; the file has it in capitals."""
    return entry.first_name.title() if entry.first_name.isupper() else entry.first_name


def does(entry: Entry) -> str:
    """« Médecin, Cardiologie », « Boîte d’un service »."""
    said = ", ".join(dict.fromkeys(filter(None, (entry.profession, entry.speciality))))
    return said or ("" if entry.last_name else "Boîte de l’établissement")


def where(entry: Entry) -> str:
    """« CABINET DU MARCHE, 3 PLACE DU MARCHE, 58000 NEVERS »; of an establishment its name is said already."""
    town = " ".join(filter(None, (entry.postcode, entry.town)))
    inside = (entry.structure, entry.service) if entry.last_name else ()
    return ", ".join(filter(None, (*inside, entry.street, town)))
