"""What became of an alert, in words: on one's own page and in the console."""

from __future__ import annotations

from portal.mail.faults import Code
from portal.notices.models import Notice, NoticeState
from portal.web.templatetags.officinal import at, since

REASONS = {
    Code.REJECTED: "refusé : vérifiez l’adresse ou le numéro",
    Code.LOGIN_REFUSED: "la clé du fournisseur est refusée",
    Code.SETTINGS_ADDRESS: "l’envoi est mal configuré sur le serveur",
    Code.SETTINGS_TRUST: "l’envoi est mal configuré sur le serveur",
}
UNREACHED = "le fournisseur n’a pas répondu à temps"


def state_words(notice: Notice) -> str:
    """« parti à 10:42 », « non parti : refusé… »."""
    match NoticeState(notice.state):
        case NoticeState.QUEUED:
            late = f", {reason_of(notice)}" if notice.last_code else ""
            return f"en cours d’envoi depuis {since(notice.created_at)}{late}"
        case NoticeState.SENT:
            return f"parti {at(notice.done_at or notice.created_at)}"
        case NoticeState.DROPPED:
            return "pas envoyé : plus rien n’attendait"
        case NoticeState.FAILED:
            return f"non parti : {reason_of(notice)}"


def reason_of(notice: Notice) -> str:
    return next((words for code, words in REASONS.items() if code == notice.last_code), UNREACHED)
