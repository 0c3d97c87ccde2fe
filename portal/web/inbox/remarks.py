"""What one must know of how a message was read, from the codes of its defects."""

from __future__ import annotations

from portal.conversations.filing import OWN_ADDRESS
from portal.patients.identity import BAD_KEY, NOT_AN_INS

# In order: the first that holds is shown.
REMARKS = {
    OWN_ADDRESS: "Écrit depuis l’adresse de la pharmacie, mais pas par Officinal : vérifiez qui l’a envoyé.",
    BAD_KEY: "La clé de l’INS ne correspond pas au numéro : vérifiez l’identité du patient.",
    NOT_AN_INS: "L’adresse n’a pas la forme d’un INS : vérifiez l’identité du patient.",
    "several-from": "Ce message annonce plusieurs expéditeurs : vérifiez qui l’a écrit.",
    "two-texts": "La version mise en page de ce message ne dit pas la même chose que ce texte : lisez les deux.",
    "text-cut": "Texte très long : la suite est dans le message d’origine.",
    "html-cut": "Mise en page trop longue : la suite est dans le message d’origine.",
    "wrong-boundary": "Message mal formé : une partie a pu échapper à la lecture.",
    "multipart-without-parts": "Message mal formé : une partie a pu échapper à la lecture.",
    "base64": "Une pièce est abîmée : son contenu peut être incomplet.",
    "charset-guessed": "Accents devinés : certains caractères peuvent être faux.",
}


def remark(defects: str) -> str:
    """One sentence, or nothing."""
    codes = set(defects.split(","))
    return next((words for code, words in REMARKS.items() if code in codes), "")
