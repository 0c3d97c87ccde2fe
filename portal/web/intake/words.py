"""What a patient is told: why a page is refused, how far a request is. In gettext, as all patient pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from portal.intake.examining import Why
from portal.intake.tracking import Stage

REFUSED = {
    Why.EMPTY: _("ce fichier est vide. Choisissez-le de nouveau."),
    Why.KIND: _("ce n’est ni une photo (JPEG, PNG, HEIC) ni un PDF. Prenez l’ordonnance en photo."),
    Why.DAMAGED: _("ce fichier est endommagé ou incomplet. Reprenez la photo, ou choisissez-le de nouveau."),
    Why.ENCRYPTED: _(
        "ce PDF est protégé par un mot de passe. Envoyez-en un sans mot de passe, ou une photo."
    ),
    Why.TOO_LARGE: _("cette image est trop grande (40 millions de pixels au plus). Reprenez-la plus petite."),
    Why.TOO_COSTLY: _("ce fichier est trop complexe pour être ouvert. Prenez plutôt une photo."),
    Why.INFECTED: _("l’antivirus a trouvé un virus dans ce fichier."),
    Why.UNEXAMINED: _("l’antivirus n’a pas pu l’examiner. Réessayez dans un instant."),
    Why.BUSY: _("il y a beaucoup de monde. Réessayez dans un instant."),
    Why.TOO_BIG: _(
        "trop lourd : 20 Mo au plus pour toutes les pages. Retirez-en une, ou reprenez-la plus petite."
    ),
    Why.TOO_MANY: _("dix fichiers au plus par demande. Retirez-en un, ou passez nous voir."),
    Why.TOO_LONG: _("ce PDF a plus de 30 pages. Envoyez seulement celles de l’ordonnance."),
    Why.TOO_MUCH: _(
        "trop d’envois pour le moment. Réessayez dans une heure, appelez-nous ou passez nous voir."
    ),
}
TOO_MUCH = _("Trop d’envois pour le moment. Réessayez dans une heure, appelez-nous ou passez nous voir.")
NO_PAGES = _("Ajoutez au moins une page de votre ordonnance.")
PAGES_GONE = _("Vos pages ont été effacées, deux heures après leur envoi : choisissez-les de nouveau.")
STALE = _("Cette page était ouverte depuis trop longtemps. Vérifiez vos réponses, puis envoyez de nouveau.")
QUICK = _("Prenez le temps de vous relire, puis envoyez de nouveau.")
TRAP = _("Votre navigateur a rempli une case qui doit rester vide. Nous l’avons vidée : envoyez de nouveau.")
NOTICE_CHANGED = _("La notice d’information vient de changer : relisez-la, puis envoyez de nouveau.")
WRONG = _("Nous ne trouvons pas de demande avec cette référence et cette date de naissance.")
LOCKED = _("Trop d’essais. Réessayez dans une heure, ou appelez-nous : nous vous répondrons.")
LAPSED = _(
    "Par sécurité, cette page se ferme au bout de trente minutes : rien n’a été changé. Indiquez de nouveau la "
    "référence et la date de naissance, puis recommencez."
)
TOO_LATE = _("Cette demande est terminée : rien ne peut plus y être changé.")


@dataclass(frozen=True, slots=True)
class StageWords:
    """A title and a sentence; `icon` only repeats them."""

    title: object
    words: object
    icon: str
    tone: str = "plain"


STAGES = {
    Stage.RECEIVED: StageWords(
        _("Demande reçue"),
        _("La pharmacie a reçu votre ordonnance et va la préparer."),
        "inbox",
    ),
    Stage.PREPARING: StageWords(_("En préparation"), _("Votre ordonnance est en préparation."), "pill"),
    Stage.WAITING: StageWords(
        _("En attente"),
        _("La préparation attend quelque chose : un produit, le médecin, ou une réponse de vous."),
        "clock",
        "warn",
    ),
    Stage.READY: StageWords(
        _("C’est prêt"),
        _(
            "Vous pouvez venir. Apportez l’ordonnance originale, votre carte Vitale et celle de votre mutuelle."
        ),
        "circle-check",
        "good",
    ),
    Stage.HANDED_OVER: StageWords(
        _("Remise"), _("Vos médicaments vous ont été remis."), "circle-check", "good"
    ),
    Stage.REFUSED: StageWords(
        _("Nous ne pouvons pas la préparer"),
        _("Lisez notre réponse ci-dessous s’il y en a une, ou appelez-nous."),
        "circle-alert",
        "bad",
    ),
    Stage.CLOSED: StageWords(
        _("Demande close"), _("La pharmacie a clos cette demande. Appelez-nous si c’est une erreur."), "check"
    ),
    Stage.CANCELLED: StageWords(_("Demande annulée"), _("Vous avez annulé cette demande."), "x"),
}
