"""`python -m sandbox.doctor --state DIR send FILE…`, or `… xdm`: a doctor writes to the pharmacy."""

from __future__ import annotations

import secrets
import sys
from datetime import date

from sandbox.cda import Prescriber, Prescription, Subject
from sandbox.letters import Correspondent, main
from sandbox.people import DOCTOR, PATIENT

SYLVAIN = Correspondent(
    name="Dr Sylvain PETIT",
    address=DOCTOR,
    subject="Prescription pour votre patient",
    text="Chère consœur, cher confrère,\n\nVoici la prescription de mon patient.\n\nDr Sylvain Petit\n",
)
PETIT = Prescriber("PETIT", "Sylvain", "10000000017", "4 place de l’Exemple, 58000 Nevers")
DOMINIQUE = Subject(PATIENT.partition("@")[0], "PAT-TROIS", "DOMINIQUE", "F", date(1979, 3, 28))
# Letters and figures as the national numbers have them, and none that is easily taken for another.
SIGNS = "23456789BCDFGHJKMNPQRSTVWXYZ"


def prescription() -> Prescription:
    """One for the patient of the ANS' test identity, under a number of its own."""
    number = "01S2" + "".join(secrets.choice(SIGNS) for _ in range(14))
    lines = (
        "Amoxicilline 1 g : 1 comprimé matin et soir, 6 jours",
        "Paracétamol 1 g si douleur, 3 par jour au plus",
        "Ne pas substituer : allergie à un excipient",
    )
    return Prescription(DOMINIQUE, PETIT, lines, number)


if __name__ == "__main__":
    sys.exit(main("python -m sandbox.doctor", SYLVAIN, prescription=prescription))
