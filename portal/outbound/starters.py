"""The templates that are proposed to every pharmacy: to be read, corrected and approved by a pharmacist, not before.

A new pharmacy has the first of them from its beginning (migration 0005); the console adds those that are not there.
"""

from __future__ import annotations

from django.db import transaction

from portal.audit.actions import record
from portal.audit.events import Event
from portal.outbound.models import ReplyTemplate
from portal.outbound.templates import MOST_TEMPLATES
from portal.team.models import User

HELLO, BYE = "Bonjour {prénom},\n\n", "\n\n{pharmacie}"
STARTERS = {
    "Commande prête": (
        "Votre commande est prête : vous pouvez venir la chercher à partir de {heure}.\n"
        "Pensez à apporter l’original de votre ordonnance et votre carte Vitale."
    ),
    "Commande prête en partie": (
        "Une partie de votre commande est prête, vous pouvez déjà venir la chercher. "
        "Il manque encore {produit}, attendu le {date}.\n"
        "Pensez à apporter l’original de votre ordonnance et votre carte Vitale."
    ),
    "Demande bien reçue": (
        "Nous avons bien reçu votre demande et nous nous en occupons. "
        "Nous vous écrirons ici dès que votre commande sera prête."
    ),
    "Ordonnance illisible": (
        "Nous n’arrivons pas à lire votre ordonnance sur la photo reçue. "
        "Pouvez-vous nous l’envoyer de nouveau, à plat, bien éclairée, avec les quatre coins visibles ?\n"
        "Vous pouvez aussi l’apporter à la pharmacie."
    ),
    "Original à apporter": (
        "Pour vous remettre votre traitement, nous devons voir l’original de votre ordonnance. "
        "Merci de l’apporter en venant chercher votre commande."
    ),
    "Produit commandé": (
        "Nous avons commandé {produit}. Il sera disponible à la pharmacie le {date} à partir de {heure}."
    ),
    "Produit en rupture": (
        "{produit} est actuellement en rupture chez nos fournisseurs. "
        "Merci de nous téléphoner ou de passer à la pharmacie : nous chercherons ensemble une solution."
    ),
    "Ordonnance expirée": (
        "Votre ordonnance n’est plus valable : elle ne peut pas être renouvelée. "
        "Merci de prendre contact avec votre médecin pour en obtenir une nouvelle, puis de nous l’envoyer ici."
    ),
    "Renouvellement à prévoir": (
        "C’était la dernière délivrance de votre ordonnance. Pour ne pas interrompre votre traitement, "
        "pensez à prendre rendez-vous avec votre médecin avant le {date}, puis à nous envoyer la nouvelle ordonnance."
    ),
    "Droits à mettre à jour": (
        "Nous n’avons pas pu vérifier vos droits. Merci d’apporter votre carte Vitale à jour et votre "
        "attestation de complémentaire santé lors de votre prochain passage."
    ),
    "Passez nous voir": (
        "Pour répondre à votre question, un pharmacien souhaite vous parler. "
        "Merci de passer à la pharmacie ou de nous téléphoner."
    ),
    "Prescripteur contacté": (
        "Un point de votre ordonnance est à préciser : nous avons contacté votre prescripteur. "
        "Nous vous écrirons ici dès que nous aurons sa réponse. D’ici là, ne changez rien à votre traitement."
    ),
    "Posologie à confirmer": (
        "Avant de préparer votre traitement, nous devons confirmer la posologie de {produit} avec votre "
        "prescripteur. Nous vous écrirons ici dès qu’elle sera confirmée."
    ),
    "Hors horaires": (
        "Nous avons bien reçu votre message. La pharmacie est fermée en ce moment : nous vous répondrons à "
        "la réouverture, le {date} à partir de {heure}.\n"
        "En cas d’urgence, appelez le 15. Pour la pharmacie de garde, appelez le 3237."
    ),
}


def missing_starters() -> list[str]:
    """By name: those that nobody has here, under the name with which they were proposed."""
    there = set(ReplyTemplate.objects.values_list("name", flat=True))
    return [name for name in STARTERS if name not in there]


def add_starters(*, by: User) -> None:
    """Add those that are missing, as far as there is room; a second click finds them there."""
    with transaction.atomic():
        room = MOST_TEMPLATES - ReplyTemplate.objects.count()
        for name in missing_starters()[: max(0, room)]:
            template = ReplyTemplate(name=name, text=f"{HELLO}{STARTERS[name]}{BYE}")
            template.save(force_insert=True)
            detail = f"version={template.version} approved=no"
            record(Event.TEMPLATE_CHANGE, by=by, on=("template", template.pk), detail=detail)
