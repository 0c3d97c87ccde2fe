"""The letters of the demo's week: who wrote what, when, with which sheets. Every name is invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sandbox import doctor, xdm
from sandbox.cda import Prescription, Subject
from sandbox.people import DOCTOR, DOCTORS, PATIENTS
from sandbox.pictures import Sheet

HOSPITAL, LABORATORY = "hopital-test.mssante.fr", "labo-test.mssante.fr"


@dataclass(frozen=True)
class File:
    """An attachment: `photo` gives one JPEG per sheet, `pdf` one file of all of them."""

    name: str
    kind: str
    sheets: Sequence[Sheet]


@dataclass(frozen=True)
class Letter:
    """One message, `ago` working hours before now."""

    ago: float
    name: str
    address: str
    subject: str
    text: str
    files: Sequence[File] = ()
    html: str = ""
    charset: str = "utf-8"
    prescription: Prescription | None = None  # goes as structured health mail


PETIT = (
    "Docteur Sylvain PETIT",
    "Médecine générale · RPPS 10000000017",
    "4 place de l’Exemple, 58000 Nevers",
)
GARNIER = (
    "Docteur Hélène GARNIER",
    "Cardiologie · RPPS 10000000033",
    "Centre hospitalier d’Exemple, 58000 Nevers",
)


def patient(ins: str) -> str:
    return f"{ins}@{PATIENTS}"


def sheet(head: Sequence[str], name: str, lines: Sequence[str], *, number: str = "", foot: str = "") -> Sheet:
    who = (name, f"Ordonnance n° {number}" if number else "")
    return Sheet(head=head, patient=who, lines=lines, foot=foot, code=number)


MOREAU = sheet(
    PETIT,
    "Mme Élise MOREAU, née le 14/03/1962",
    ("Metformine 850 mg : 1 comprimé matin et soir", "Ramipril 5 mg : 1 comprimé le matin",
     "Atorvastatine 20 mg : 1 comprimé le soir", "Traitement pour 3 mois"),
    number="01S2TEST000000001",
)  # fmt: skip
MOREAU_BACK = sheet(
    PETIT,
    "Mme Élise MOREAU, née le 14/03/1962 (suite)",
    ("Bandelettes de glycémie : 2 boîtes", "Lancettes : 2 boîtes", "Non remboursé : vitamine D 1000 UI"),
    foot="Page 2 sur 2",
)
LAMBERT = sheet(
    GARNIER,
    "M. Paul LAMBERT, né le 03/11/1945",
    ("Bisoprolol 2,5 mg : 1 comprimé le matin", "Furosémide 40 mg : 1 comprimé le matin",
     "Apixaban 5 mg : 1 comprimé matin et soir", "Arrêt de l’aspirine", "Contrôle de la kaliémie dans 8 jours"),
    number="01S2TEST000000002",
)  # fmt: skip
LAMBERT_LETTER = Sheet(
    head=("Centre hospitalier d’Exemple", "Service de cardiologie", "Lettre de liaison à la sortie"),
    patient=("M. Paul LAMBERT, né le 03/11/1945", "Séjour du 16 au 20 novembre"),
    lines=("Décompensation cardiaque sur fibrillation atriale.", "Relais par apixaban à la sortie.",
           "Merci de revoir les interactions avec son traitement", "habituel et de prévenir le médecin traitant."),
)  # fmt: skip
PILLS = Sheet(
    head=("EHPAD Les Tilleuls", "Plan de soins de la semaine"),
    patient=("Chambres 4 à 18",),
    lines=("Chambre 12 : lévothyroxine 75 µg au lieu de 50", "Chambre 7 : paracétamol si besoin",
           "Chambre 15 : retour d’hospitalisation jeudi"),
)  # fmt: skip
INR = Sheet(
    head=("Laboratoire des Bords de Loire", "Compte rendu d’analyses"),
    patient=("Mme Simone CARON, née le 17/03/1949",),
    lines=("INR : 4,8   (cible 2 à 3)", "Hémoglobine : 12,1 g/dL", "Créatinine : 78 µmol/L"),
    foot="Résultat communiqué au médecin traitant à 10:15",
)
ANTIBIOTIC = sheet(
    PETIT,
    "Jade ROUX, née le 12/11/2005, 54 kg",
    ("Amoxicilline 1 g : 1 comprimé matin et soir, 6 jours", "Paracétamol 1 g si fièvre, 3 par jour au plus"),
    number="01S2TEST000000003",
)
DRESSING = Sheet(
    head=("Cabinet infirmier Girard", "Prescription de dispositifs médicaux"),
    patient=("M. Henri BLANC, né le 22/05/1958",),
    lines=(
        "Pansements hydrocellulaires 10 × 10 : 2 boîtes",
        "Compresses stériles : 1 boîte",
        "Sérum physiologique",
    ),
)
CARON = Prescription(
    Subject("249035819407775", "CARON", "SIMONE", "F", date(1949, 3, 17)),
    doctor.PETIT,
    (
        "Fluindione 20 mg : 3/4 de comprimé le soir",
        "Bisoprolol 2,5 mg : 1 comprimé le matin",
        "Furosémide 20 mg : 1 comprimé le matin",
        "INR toutes les semaines jusqu’au 12",
        "Traitement pour 1 mois",
    ),
    "01S2TEST0000000004",
)

FOR_SOLEIL: tuple[Letter, ...] = (
    Letter(
        0.3,
        "Élise MOREAU",
        patient("262035819401879"),
        "Mon ordonnance du Dr Petit, je passe ce soir vers 18 h",
        "Bonjour,\n\nVoici mon ordonnance du Dr Petit. Je passe ce soir vers 18 h.\n"
        "Avez-vous le Metformine 850 en stock ?\n\nMerci,\nÉlise Moreau\n",
        (
            File("ordonnance page 1.jpg", "photo", (MOREAU,)),
            File("ordonnance page 2.jpg", "photo", (MOREAU_BACK,)),
        ),
    ),
    Letter(
        0.6,
        "Dr Hélène GARNIER",
        f"helene.garnier@{HOSPITAL}",
        "Sortie d’hospitalisation de M. Lambert",
        "Chers confrères,\n\nVous trouverez l’ordonnance de sortie et la lettre de liaison de M. Lambert, "
        "qui rentre chez lui cet après-midi.\nMerci de votre vigilance sur l’arrêt de l’aspirine.\n\n"
        "Bien confraternellement,\nDr Garnier\n",
        (
            File("Ordonnance LAMBERT Paul.pdf", "pdf", (LAMBERT,)),
            File("Lettre de liaison LAMBERT Paul.pdf", "pdf", (LAMBERT_LETTER,)),
        ),
        html="<p>Chers confrères,</p><p>Vous trouverez l’<b>ordonnance de sortie</b> et la lettre de liaison de "
        "M.&nbsp;Lambert, qui rentre chez lui cet après-midi.</p><p>Merci de votre vigilance sur "
        "l’<b>arrêt de l’aspirine</b>.</p><p>Bien confraternellement,<br>Dr Garnier</p>",
    ),
    Letter(
        1.2,
        "Jade ROUX",
        patient("205115819402286"),
        "Ordonnance",
        "Bonjour, je sors de chez le médecin, voici mon ordonnance en PDF (depuis Mon espace santé).\n"
        "Je suis allergique aux macrolides. Je peux passer quand ?\n",
        (File("ordonnance.pdf", "pdf", (ANTIBIOTIC,)),),
    ),
    Letter(
        2.4,
        "EHPAD Les Tilleuls",
        "pharmacie@" + HOSPITAL,
        "Piluliers de la semaine, changement pour la chambre 12",
        "Bonjour,\n\nCi-joint le plan de la semaine. Attention à la chambre 12 : dosage changé hier.\n"
        "Livraison possible jeudi avant 11 h ?\n\nL’équipe des Tilleuls\n",
        (File("Plan de soins semaine.pdf", "pdf", (PILLS,)),),
    ),
    Letter(
        3.1,
        "Laboratoire des Bords de Loire",
        f"resultats@{LABORATORY}",
        "INR élevé : Mme CARON Simone",
        "Résultat transmis au prescripteur et, à sa demande, à la pharmacie.\n",
        (File("CR-2026-118842.pdf", "pdf", (INR,)),),
    ),
    Letter(
        7.5,
        "Jean DUBOIS",
        patient("157077511203693"),
        "Merci",
        "Merci, à quelle heure fermez-vous samedi ?\nJean Dubois\n",
    ),
    Letter(
        9.0,
        "Cabinet infirmier Girard",
        f"ferme.girard@{DOCTORS}",
        "Pansements de M. Blanc",
        "Bonjour,\nIl me faudrait les pansements de M. Blanc pour demain matin, prescription jointe.\n"
        "Cordialement, N. Girard, IDE\n",
        (File("prescription BLANC.pdf", "pdf", (DRESSING,)),),
    ),
    Letter(
        14.0,
        "Martine FAURE",
        patient("171055819411115"),
        "Générique ou pas ?",
        "Bonjour,\n\nLa boîte d’hier n’a pas la même couleur que d’habitude. Est-ce bien le même médicament ?\n\n"
        "Martine Faure\n",
        charset="windows-1252",
    ),
    Letter(
        18.0,
        "Dr Sylvain PETIT",
        DOCTOR,
        "Renouvellement de Mme Caron",
        "Bonjour,\n\nD’accord pour renouveler le traitement habituel de Mme Caron un mois, je la revois le 12.\n"
        "Merci de surveiller son INR.\n\nSylvain Petit\n",
    ),
    Letter(
        17.6,
        "Dr Sylvain PETIT",
        DOCTOR,
        xdm.subject_line(CARON),
        "Bonjour,\n\nVoici le renouvellement dont je vous parlais.\n\nSylvain Petit\n",
        prescription=CARON,
    ),
    Letter(
        26.0,
        "Simone CARON",
        patient("249035819407775"),
        "Livraison",
        "Bonjour, je ne peux plus me déplacer cette semaine. Pouvez-vous livrer ?\nSimone Caron, 3e étage\n",
    ),
    Letter(
        32.0,
        "Amélie BOURGEOIS",
        patient("291061205802742"),
        "Vaccin contre la grippe",
        "Bonjour, faites-vous le vaccin sans rendez-vous le matin ? Je suis enceinte de 5 mois.\nMerci !\n",
    ),
)

FOR_GARE: tuple[Letter, ...] = (
    Letter(
        0.8, "Ahmed KACI", patient("183077505600149"), "Ordonnance de ma fille",
        "Bonjour, voici l’ordonnance. Nous arrivons par le train de 17 h 12.\nAhmed Kaci\n",
    ),
    Letter(
        5.0, "Dr Sylvain PETIT", DOCTOR, "Question sur une substitution",
        "Bonjour, avez-vous une alternative en stock à la desloratadine sirop ?\nS. Petit\n",
    ),
)  # fmt: skip
