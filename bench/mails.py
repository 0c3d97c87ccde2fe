"""French mails as pharmacies get them: 4.7 KB of text with rare words, or 2 KB and a 1 MB file."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from random import Random

from sandbox.people import DOCTORS, PATIENTS

TEXT_LETTERS, NOTE_LETTERS = 3_350, 1_500
RARE_WORDS = 20
FILE_BYTES = 1024 * 1024
PATIENT_COUNT = 300
SENTENCES = (
    "Je vous adresse l’ordonnance du docteur pour le renouvellement de mon traitement habituel.",
    "Pourriez-vous me dire si le médicament générique est disponible dès demain matin ?",
    "Ma mère ne supporte pas le nouveau comprimé : elle a des nausées et des vertiges depuis mardi.",
    "Le laboratoire a transmis les résultats, la créatinine a légèrement augmenté.",
    "Merci de préparer le pilulier de la semaine prochaine, je passerai vers dix-huit heures.",
    "Faut-il prendre l’antibiotique avant ou après les repas, et pendant combien de jours ?",
    "La carte Vitale est à jour et la mutuelle a changé au premier janvier.",
    "Nous avons reçu hier le compte rendu d’hospitalisation et la lettre de sortie.",
    "L’infirmière viendra refaire le pansement trois fois par semaine à domicile.",
    "Il me reste deux boîtes, mais la posologie a été modifiée par le cardiologue.",
    "Je préfère que l’on m’appelle en fin d’après-midi, je travaille le matin.",
    "Pouvez-vous vérifier qu’il n’y a pas d’interaction avec mon anticoagulant ?",
    "Le vaccin contre la grippe est-il arrivé, et dois-je apporter mon bon de prise en charge ?",
    "L’ordonnance précédente prévoyait quinze gouttes le soir, la nouvelle n’en mentionne que dix.",
    "Mon fils de huit ans pèse vingt-six kilos, quelle dose de sirop convient ?",
    "Les bas de contention commandés sont trop petits, peut-on les échanger contre une taille au-dessus ?",
    "Notre établissement change de prestataire pour l’oxygène à compter du quinze décembre.",
    "Veuillez trouver ci-joint la prescription rectifiée, signée ce jour.",
    "Le lecteur de glycémie affiche une erreur et les bandelettes sont périmées depuis octobre.",
    "Une livraison est-elle possible ? L’ascenseur est en panne et je marche avec des béquilles.",
    "La patiente est allergique à la pénicilline, merci de l’inscrire dans son dossier.",
    "Avez-vous reçu la réponse de la caisse concernant l’entente préalable ?",
    "Le kinésithérapeute conseille une ceinture lombaire, est-elle remboursée sans ordonnance ?",
    "En cas de rupture, le prescripteur accepte une substitution par la forme injectable.",
)
SYLLABLES = ("ba", "cro", "dil", "fen", "gas", "lor", "mé", "nox", "pra", "ri", "sta", "tol", "vi", "zé")
NAMES = ("Léa Durand", "Paul Roche", "Inès Faure", "Marc Olivier", "Jeanne Petit", "Hugo Noël", "Zoé Caron")
SUBJECTS = (
    "Renouvellement d’ordonnance",
    "Question sur mon traitement",
    "Résultats",
    "Pilulier",
    "Livraison",
)


@dataclass(frozen=True)
class Letter:
    """The bytes of one mail, and by what an answer names it."""

    raw: bytes
    message_id: str


class Writer:
    """Writes mails to one mailbox, the same ones for the same seed; one in four answers an earlier one."""

    def __init__(self, to: str, seed: int) -> None:
        self._to = to
        self._chance = Random(seed)
        self._seed = seed
        self._written = 0

    def texts(self, count: int, *, answers: bool = True) -> list[Letter]:
        """`count` mails of 4.7 KB."""
        found: list[Letter] = []
        senders: list[str] = []
        for number in range(count):
            answered = self._chance.randrange(number) if answers and number % 4 == 3 else None
            sender = self._sender() if answered is None else senders[answered]
            parent = found[answered].message_id if answered is not None else ""
            senders.append(sender)
            found.append(self.letter(sender, self._text(TEXT_LETTERS), answers=parent))
        return found

    def files(self, count: int) -> list[Letter]:
        """`count` mails of 2 KB with a file of 1 MB, which no compression makes smaller."""
        return [self.letter(self._sender(), self._text(NOTE_LETTERS), file=self._pdf()) for _ in range(count)]

    def thread(self, length: int, *, sender: str = "") -> list[Letter]:
        """Mails of one correspondent, each answering the one before."""
        sender = sender or self._sender()
        found: list[Letter] = []
        for _ in range(length):
            parent = found[-1].message_id if found else ""
            found.append(self.letter(sender, self._text(TEXT_LETTERS), answers=parent))
        return found

    def letter(self, sender: str, text: str, *, answers: str = "", file: bytes = b"") -> Letter:
        self._written += 1
        mail = EmailMessage(policy=SMTP)
        mail["From"] = sender
        mail["To"] = f"Pharmacie <{self._to}>"
        mail["Subject"] = f"{self._chance.choice(SUBJECTS)} {self._rare_word()}"
        mail["Date"] = "Mon, 16 Nov 2026 09:12:00 +0100"
        mail["Message-ID"] = message_id = f"<{self._seed}.{self._written}@bench.mssante.fr>"
        if answers:
            mail["In-Reply-To"] = mail["References"] = answers
        mail.set_content(text, cte="quoted-printable")
        if file:
            mail.add_attachment(file, "application", "pdf", filename=f"ordonnance-{self._written}.pdf")
        return Letter(mail.as_bytes(), message_id)

    def _sender(self) -> str:
        """Two in three are patients, of whom there are some hundreds."""
        number = self._chance.randrange(PATIENT_COUNT)
        name = NAMES[number % len(NAMES)]
        if number % 3 == 0:
            return f"Dr {name} <dr.{number}@{DOCTORS}>"
        return f"{name} <{ins_of(number)}@{PATIENTS}>"

    def _text(self, letters: int) -> str:
        sentences: list[str] = []
        length = 0
        while length < letters:
            sentences.append(self._chance.choice(SENTENCES))
            length += len(sentences[-1].encode()) + 2
        for _ in range(RARE_WORDS):
            where = self._chance.randrange(len(sentences))
            sentences[where] += f" {self._rare_word()}"
        return "\n".join(sentences) + "\n"

    def _rare_word(self) -> str:
        return "".join(self._chance.choices(SYLLABLES, k=4))

    def _pdf(self) -> bytes:
        head = b"%PDF-1.7\n"
        return head + self._chance.randbytes(FILE_BYTES - len(head))


def ins_of(number: int) -> str:
    """An INS whose key fits: the 13 characters, and 97 minus their remainder."""
    matricule = 1_800_658_000_000 + number
    return f"{matricule}{97 - matricule % 97:02}"
