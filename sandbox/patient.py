"""`python -m sandbox.patient --state DIR send FILE…`: a patient of Mon espace santé writes."""

from __future__ import annotations

import sys

from sandbox.letters import Correspondent, main
from sandbox.people import PATIENT

DOMINIQUE = Correspondent(
    name="Dominique PAT-TROIS",
    address=PATIENT,
    subject="Mon ordonnance",
    text="Bonjour,\n\nVoici mon ordonnance. Je passerai ce soir.\n\nMerci,\nDominique Pat-Trois\n",
)

if __name__ == "__main__":
    sys.exit(main("python -m sandbox.patient", DOMINIQUE))
