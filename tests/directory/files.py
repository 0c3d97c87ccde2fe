"""Days' files of a small directory, made here: nobody in them exists."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Sequence

from django.core.management import call_command

from portal.directory.extraction import HEADER

MARTIN = "sophie.martin@medecin-test.mssante.fr"
Cells = dict[int, str]


def line(address: str, **said: str) -> str:
    """One line of the file; `said` names some of its 31 cells."""
    cells = ["PER", address, *[""] * 29]
    places = {
        **{"kind": 0, "rpps": 3, "service": 7, "title": 8, "last": 9, "first": 10, "trade": 14, "skill": 16},
        **{"structure": 18, "sign": 19, "number": 22, "way": 24, "street": 25, "line6": 27, "postcode": 28},
    }
    for name, value in said.items():
        cells[places[name]] = value
    return "|".join(cells)


def doctor(address: str, last: str, first: str, **said: str) -> str:
    usual = {"title": "DR", "trade": "Médecin", "skill": "Médecine Générale"}
    return line(address, last=last, first=first, **(usual | said))


SOPHIE = doctor(
    MARTIN,
    "MARTIN",
    "SOPHIE",
    rpps="10000000033",
    structure="CABINET DU MARCHE",
    number="3",
    way="PLACE",
    street="DU MARCHE",
    line6="58000 NEVERS",
    postcode="58000",
)
PAUL = doctor(
    "paul.martin@chu-test.mssante.fr",
    "MARTIN",
    "PAUL",
    skill="Cardiologie et maladies vasculaires",
    structure="CHU DE DIJON",
    service="Cardiologie",
    line6="21000 DIJON",
    postcode="21000",
)
HELENE = doctor(
    "helene.lefevre@chu-test.mssante.fr",
    "LEFÈVRE",
    "HÉLÈNE",
    structure="CHU DE DIJON",
    line6="21000 DIJON",
    postcode="21000",
)
WARD = line(
    "urgences@chu-test.mssante.fr",
    kind="ORG",
    service="Urgences",
    structure="CHU DE DIJON",
    sign="HOPITAL DU BOCAGE",
    street="RUE DE MARTINIQUE",
    line6="21000 DIJON",
    postcode="21000",
)
LINES = (SOPHIE, PAUL, HELENE, WARD)


def day(lines: Sequence[str] = LINES) -> bytes:
    return "".join(f"{each}\n" for each in ("|".join(HEADER), *lines)).encode()


def zipped(content: bytes, name: str = "Extraction_Correspondance_MSSante_202611270812.txt") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def load(content: bytes | Sequence[str] = LINES, *, name: str = ".txt", **options: object) -> None:
    """Run the command as the operator of the platform does."""
    with tempfile.NamedTemporaryFile(suffix=name) as file:
        file.write(content if isinstance(content, bytes) else day(content))
        file.flush()
        call_command("load_directory", file.name, **({"verbosity": 0} | options))
