"""What became of an alert, in words: on one's own page and in the console."""

from __future__ import annotations

from datetime import timedelta

from portal.mail.faults import Code
from portal.notices.models import Notice, NoticeState
from portal.web.templatetags.officinal import at, since

AT_ONCE = timedelta(minutes=2)
REASONS = {
    Code.REJECTED: "refusé : vérifiez l’adresse ou le numéro",
    Code.LOGIN_REFUSED: "le fournisseur refuse notre compte (clé, crédit)",
    Code.SETTINGS_ADDRESS: "l’envoi est mal configuré sur le serveur",
    Code.SETTINGS_TRUST: "l’envoi est mal configuré sur le serveur",
}
UNREACHED = "le fournisseur n’a pas répondu à temps"


def state_words(notice: Notice, *, brief: bool = False) -> str:
    """« parti à 10:42 », « non parti : refusé… »; `brief` beside the moment at which it was asked for."""
    match NoticeState(notice.state):
        case NoticeState.QUEUED:
            late = f", {reason_of(notice)}" if notice.last_code else ""
            return f"en cours d’envoi depuis {since(notice.created_at)}{late}"
        case NoticeState.SENT:
            left = notice.done_at or notice.created_at
            return "parti" if left - notice.created_at < AT_ONCE and brief else f"parti {at(left)}"
        case NoticeState.DROPPED:
            return "pas envoyé : plus rien n’attendait"
        case NoticeState.FAILED:
            return f"non parti : {reason_of(notice)}"


def reason_of(notice: Notice) -> str:
    return next((words for code, words in REASONS.items() if code == notice.last_code), UNREACHED)
