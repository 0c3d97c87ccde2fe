"""A day's file of the stand-in national directory, in the form of the Annuaire Santé: 31 columns, one header line.

    python -m sandbox.directory --out FILE [--rows 2000]

The same number of rows always gives the same file. The demonstration's own correspondents come first.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from portal.lib.text import fold
from sandbox.directory_words import (
    FIRST_NAMES,
    HOSPITALS,
    PRACTICES,
    STREETS,
    SURNAMES,
    TOWNS,
    TRADES,
    WARDS,
)
from sandbox.people import DOCTOR, DOCTORS, GARE, SOLEIL

HOSPITAL, LABORATORY = "hopital-test.mssante.fr", "labo-test.mssante.fr"
USUAL_ROWS = 2000
MANY = 10_000  # from here on a file is as the whole country's
HEADER = (
    "Type de BAL|Adresse BAL|Type Identifiant PP|Identifiant PP|Identification nationale PP|"
    "Type identifiant structure|Identification Structure|Service de rattachement|Civilité d'exercice|"
    "Nom d'exercice|Prénom d'exercice|Catégorie profession|Libellé de catégorie profession|Code Profession|"
    "Libellé Profession|Code savoir-faire|Libellé savoir-faire|Dématérialisation|Raison Sociale structure BAL|"
    "Enseigne commerciale structure BAL|L2COMPLEMENTLOCALISATION structure BAL|"
    "L3COMPLEMENTDISTRIBUTION structure BAL|L4NUMEROVOIE structure BAL|L4COMPLEMENTNUMEROVOIE structure BAL|"
    "NL4TYPEVOIE structure BAL|L4LIBELLEVOIE structure BAL|L5LIEUDITMENTION structure BAL|"
    "L6LIGNEACHEMINEMENT structure BAL|Code postal structure BAL|Département structure BAL|Pays structure BAL"
)
# In a big file most names are rarer than those of the list: made of these, they fill the rest of the alphabet.
SYLLABLES = (
    "Ab Bal Bel Bou Cal Chan Cor Dal Del Fau Gal Gou Hau Jar Lan Lab Mal Mon Nau Or Pel Pou Ra Sal Ta Val",
    "a be bi cha co de du fe ga gi la lo ma mi na ni pa ra ri ro sa si ta ti va vi",
    "ud rd n t ux l lle sse nt s ult ne re in on ard et ier ot eau",
)
_NAMES, _FIRST_NAMES = SURNAMES.split(), FIRST_NAMES.split()
_SYLLABLES = tuple(each.split() for each in SYLLABLES)


@dataclass(frozen=True)
class Place:
    """Where a mailbox belongs."""

    structure: str
    number: str
    street: tuple[str, str]
    town: tuple[str, str]
    finess: str = ""


def lines(rows: int, seed: int = 58) -> Iterator[str]:
    """The header, then so many rows, without line ends."""
    yield HEADER
    yield from islice(_all(rows, random.Random(seed)), rows)  # noqa: S311  (nothing of it is secret)


def write(path: Path, rows: int) -> None:
    """Write a day's file as it is published: UTF-8, one row a line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in lines(rows))


def _all(rows: int, chance: random.Random) -> Iterator[str]:
    yield from _correspondents()
    taken = {line.split("|")[1] for line in _correspondents()}
    while True:
        row = _box(chance, many=rows > MANY) if chance.random() < 0.15 else _person(chance, rows)
        if row[1] not in taken:
            taken.add(row[1])
            yield "|".join(row)


def _correspondents() -> Iterator[str]:
    """Who writes in the demonstration, and both of its pharmacies."""
    nevers, square = TOWNS[0], ("PLACE", "DE L EXEMPLE")
    surgery = Place("CABINET DU DR PETIT", "4", square, nevers)
    hospital = Place("CENTRE HOSPITALIER D EXEMPLE", "1", ("BOULEVARD", "DE L HOPITAL"), nevers, "580000001")
    market = Place("CABINET MEDICAL DU MARCHE", "3", ("PLACE", "DU MARCHE"), nevers)
    general, heart = ("SM54", "Médecine Générale"), ("SM04", "Cardiologie et maladies vasculaires")
    yield _joined(_human(DOCTOR, "DR", "PETIT", "SYLVAIN", "10000000017", TRADES[0], general, surgery))
    helene = f"helene.garnier@{HOSPITAL}"
    yield _joined(_human(helene, "DR", "GARNIER", "HELENE", "10000000025", TRADES[0], heart, hospital))
    sophie = f"sophie.martin@{DOCTORS}"
    yield _joined(_human(sophie, "DR", "MARTIN", "SOPHIE", "10000000033", TRADES[0], general, market))
    girard = Place("CABINET INFIRMIER GIRARD", "7", ("RUE", "PASTEUR"), nevers)
    nurse = f"ferme.girard@{DOCTORS}"
    yield _joined(_human(nurse, "MME", "GIRARD", "NATHALIE", "10000000041", TRADES[1], ("", ""), girard))
    yield _joined(_shared(f"pharmacie@{HOSPITAL}", "EHPAD Les Tilleuls", hospital))
    laboratory = Place("LABORATOIRE DES BORDS DE LOIRE", "2", ("QUAI", "DE LA LOIRE"), nevers, "580000002")
    yield _joined(_shared(f"resultats@{LABORATORY}", "", laboratory))
    soleil = Place("PHARMACIE DU SOLEIL", "12", ("RUE", "DES TESTS"), nevers, "580008803")
    yield _joined(_shared(SOLEIL, "", soleil))
    gare = Place("PHARMACIE DE LA GARE", "1", ("PLACE", "DE LA GARE"), ("PARIS", "75000"), "750000010")
    yield _joined(_shared(GARE, "", gare))


def _person(chance: random.Random, rows: int) -> tuple[str, ...]:
    many = rows > MANY
    name, first = _surname(chance, many=many), chance.choice(_FIRST_NAMES)
    (trade,) = chance.choices(TRADES, weights=[each[2] for each in TRADES])
    skill = chance.choice(trade[3])
    place = _place(chance, chance.choice(PRACTICES if chance.random() < 0.7 else HOSPITALS), name, many=many)
    title = "DR" if trade[0] in ("10", "40") else ("MME" if first in _FIRST_NAMES[:36] else "M")
    domain = DOCTORS if chance.random() < 0.7 else HOSPITAL
    if many:  # everybody of one name has an address: a number tells them apart, as operators do
        domain = f"{trade[1].lower().replace('é', 'e')[:6]}{chance.randrange(5000)}.mssante.fr"
    local = f"{_plain(first)}.{_plain(name)}"
    number = f"1{chance.randrange(10**10):010}"
    return _human(f"{local}@{domain}", title, name.upper(), first.upper(), number, trade, skill, place)


def _box(chance: random.Random, *, many: bool) -> tuple[str, ...]:
    """A mailbox of an establishment or of one of its wards."""
    place, ward = _place(chance, chance.choice(HOSPITALS), "", many=many), chance.choice(WARDS)
    domain = f"etab{chance.randrange(5000)}.mssante.fr" if many else HOSPITAL
    local = _plain(f"{ward or 'contact'}-{place.structure}")[:60].strip("-")
    return _shared(f"{local}@{domain}", ward, place)


def _place(chance: random.Random, pattern: str, name: str, *, many: bool) -> Place:
    # Of a small file much is around Nevers, where one tries it out; a big one is spread over the country.
    if many and chance.random() < 0.8:
        town = (
            f"{_made_up(chance)[:9].upper()}",
            f"{chance.randrange(1, 96):02}{chance.randrange(0, 99):02}0",
        )
        street = (
            chance.choice(STREETS)[0],
            f"{chance.choice(_FIRST_NAMES)} {_surname(chance, many=True)}".upper(),
        )
    else:
        town = TOWNS[chance.randrange(7)] if not many and chance.random() < 0.12 else chance.choice(TOWNS)
        street = chance.choice(STREETS)
    words = {"NAME": fold(name).upper(), "STREET": street[1], "TOWN": town[0]}
    finess = f"{town[1][:2]}{chance.randrange(10**7):07}"
    return Place(pattern.format(**words), str(chance.randrange(1, 140)), street, town, finess)


def _surname(chance: random.Random, *, many: bool) -> str:
    """Common names are common: the list is in the order of their number."""
    if many and chance.random() < 0.7:
        return _made_up(chance)
    return _NAMES[int(len(_NAMES) * chance.random() ** 2)].replace("-", " ")


def _made_up(chance: random.Random) -> str:
    starts, middles, ends = _SYLLABLES
    return chance.choice(starts) + chance.choice(middles) + chance.choice(middles) + chance.choice(ends)


def _human(
    address: str,
    title: str,
    name: str,
    first: str,
    rpps: str,
    trade: tuple[str, str, int, tuple[tuple[str, str], ...]],
    skill: tuple[str, str],
    place: Place,
) -> tuple[str, ...]:
    who = ("PER", address, "RPPS", rpps, f"8{rpps}", "FINESS" if place.finess else "", place.finess, "")
    what = (title, name, first, "C", "Civil", trade[0], trade[1], skill[0], skill[1], "Oui")
    return (*who, *what, *_where(place))


def _shared(address: str, ward: str, place: Place) -> tuple[str, ...]:
    who = ("ORG", address, "", "", "", "FINESS", place.finess, ward)
    return (*who, *("",) * 9, "Oui", *_where(place))


def _where(place: Place) -> tuple[str, ...]:
    town, postcode = place.town
    county = "2A" if postcode.startswith("20") else postcode[: 3 if postcode >= "97" else 2]
    street = (place.number, "", *place.street)
    return (
        place.structure,
        place.structure,
        "",
        "",
        *street,
        "",
        f"{postcode} {town}",
        postcode,
        county,
        "FRANCE",
    )


def _joined(row: tuple[str, ...]) -> str:
    return "|".join(row)


def _plain(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in fold(text)).split())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.directory")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=USUAL_ROWS)
    options = parser.parse_args(arguments)
    write(options.out, options.rows)
    print(f"{options.rows} rows")


if __name__ == "__main__":
    main()
