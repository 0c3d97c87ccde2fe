"""`python -m sandbox.doctor --state DIR send FILE…`: a doctor writes to the pharmacy."""

from __future__ import annotations

import sys

from sandbox.letters import Correspondent, main
from sandbox.people import DOCTOR

SYLVAIN = Correspondent(
    name="Dr Sylvain PETIT",
    address=DOCTOR,
    subject="Prescription pour votre patient",
    text="Chère consœur, cher confrère,\n\nVoici la prescription de mon patient.\n\nDr Sylvain Petit\n",
)

if __name__ == "__main__":
    sys.exit(main("python -m sandbox.doctor", SYLVAIN))
