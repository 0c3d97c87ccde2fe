"""Why a message is in quarantine, in a French sentence."""

from __future__ import annotations

from portal.inbound.models import NOT_FETCHED, TOO_BIG
from portal.inbound.quarantine import CRASHED, NO_BYTES, NOT_FILED

_NBSP = "\u00a0"
_SENTENCES = {
    TOO_BIG: "Le message est trop volumineux pour être relevé ; il est resté chez l’opérateur.",
    "empty": "Le message est vide.",
    "no-header": "Le fichier reçu n’a pas la forme d’un message.",
    "too-deep": "Le message contient trop de parties emboîtées les unes dans les autres.",
    "too-many-parts": "Le message contient un nombre anormal de parties.",
    "parser-cpu": "La lecture du message demandait un calcul trop long ; elle a été arrêtée.",
    "parser-wall": "La lecture du message prenait trop de temps ; elle a été arrêtée.",
    "parser-memory": "La lecture du message demandait trop de mémoire ; elle a été arrêtée.",
    "parser-output": "Le contenu du message est démesuré.",
    CRASHED: "La lecture du message s’est interrompue plusieurs fois.",
    NOT_FILED: "Le message a été lu mais n’a pas pu être classé.",
    NO_BYTES: "L’original du message est introuvable ou altéré dans le stockage.",
}
_NOT_HANDED_OUT = "L’opérateur annonce ce message mais ne l’a pas remis ; il lui sera redemandé."
_OTHER = "Le message n’a pas pu être lu."


def sentence(reason: str) -> str:
    """What to show for a reason's code."""
    text = _NOT_HANDED_OUT if reason.startswith(NOT_FETCHED) else _SENTENCES.get(reason, _OTHER)
    return text.replace(" ;", f"{_NBSP};")
