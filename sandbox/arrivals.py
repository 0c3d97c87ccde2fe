"""What the demonstration's buttons send: a patient who was never there before, a doctor with a prescription."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path

from portal.mail.smtp import State
from sandbox.doctor import SYLVAIN, prescription
from sandbox.letters import submit, xdm_letter
from sandbox.people import PATIENTS, SOLEIL
from sandbox.pictures import Sheet, photo
from sandbox.week_letters import PETIT

# Invented, like every name here. Of each: first name, name, sex as in the INS.
PATIENTS_TO_COME = (
    ("Camille", "LEROY", 2),
    ("Antoine", "MERCIER", 1),
    ("Fatima", "HADDAD", 2),
    ("Louis", "GIRAUD", 1),
    ("Agnès", "ROLLAND", 2),
    ("Mehdi", "SAÏDI", 1),
)
NOWHERE = "58999"  # a commune that does not exist, so that no number is anybody's
BORN = range(40, 99)  # not 99: the operator reports a mailbox 199… as closed (people.py)
LINES = (
    (
        "Amoxicilline 1 g : 1 comprimé matin et soir, 6 jours",
        "Paracétamol 1 g : si fièvre, 3 par jour au plus",
    ),
    ("Lévothyroxine 75 µg : 1 comprimé le matin à jeun", "Vitamine D 1000 UI : 1 capsule par jour"),
    ("Oméprazole 20 mg : 1 gélule le soir, 4 semaines", "Phloroglucinol 80 mg : si douleur"),
)
TEXT = (
    "Bonjour,\n\nVoici la photo de mon ordonnance du Dr Petit. Je peux passer vers 18 h ?\n"
    "Je prends déjà un traitement pour la tension.\n\nMerci,\n{name}\n"
)


class NotTaken(Exception):
    """The operator answered, but did not take the message."""


@dataclass(frozen=True)
class Arrival:
    """What the operator took: the Message-ID, without its brackets, and who wrote."""

    message_id: str
    sender: str


def patient_writes(folder: Path, at: datetime, *, to: str = SOLEIL) -> Arrival:
    """A new patient of Mon espace santé sends the photo of a prescription.

    Raises:
        TransportFault: the operator cannot be reached.
        NotTaken: it misbehaves.
    """
    first_name, name, sex = secrets.choice(PATIENTS_TO_COME)
    ins = _ins(sex, year=secrets.choice(BORN), month=1 + secrets.randbelow(12))
    sender = f"{ins}@{PATIENTS}"
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(f"{first_name} {name}", addr_spec=sender)
    message["To"] = to
    message["Subject"] = "Mon ordonnance du Dr Petit"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=PATIENTS)
    message.set_content(TEXT.format(name=f"{first_name} {name.title()}"), cte="quoted-printable")
    sheet = Sheet(
        head=PETIT,
        patient=(f"{'Mme' if sex == 2 else 'M.'} {first_name} {name}", f"Nevers, le {at:%d/%m/%Y}"),
        lines=secrets.choice(LINES),
        foot="Non renouvelable",
    )
    message.add_attachment(photo(sheet), maintype="image", subtype="jpeg", filename="mon ordonnance.jpg")
    _send(folder, message.as_bytes(), sender=sender, to=to)
    return Arrival(str(message["Message-ID"]).strip("<>"), sender)


def doctor_sends(folder: Path, at: datetime, *, to: str = SOLEIL) -> None:
    """Dr Petit sends a prescription as IHE_XDM.zip. Raises as `patient_writes` does."""
    _send(folder, xdm_letter(SYLVAIN, prescription(), to=to, at=at), sender=SYLVAIN.address, to=to)


def a_photo() -> bytes:
    """The photo of a prescription, for a form."""
    head = ("Mme Lucie BERNARD, née le 02/09/1988",)
    return photo(Sheet(head=PETIT, patient=head, lines=LINES[0], foot="Non renouvelable"))


def _send(folder: Path, raw: bytes, *, sender: str, to: str) -> None:
    outcome = submit(folder, raw, sender=sender, to=to)
    if outcome.state is not State.ACCEPTED:
        raise NotTaken(outcome.state)


def _ins(sex: int, *, year: int, month: int) -> str:
    """Fifteen figures whose key is right (NIR: 97 less the remainder)."""
    number = f"{sex}{year:02}{month:02}{NOWHERE}{1 + secrets.randbelow(999):03}"
    return f"{number}{97 - int(number) % 97:02}"
