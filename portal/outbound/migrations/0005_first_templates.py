"""Give every pharmacy a first set of templates. Nobody there has read them yet, so they are not approved."""

from __future__ import annotations

from typing import Any

from django.db import migrations

HELLO, BYE = "Bonjour {prénom},\n\n", "\n\n{pharmacie}"
FIRST = (
    (
        "Commande prête",
        "Votre commande est prête : vous pouvez venir la chercher à partir de {heure}.\n"
        "Pensez à apporter l’original de votre ordonnance et votre carte Vitale.",
    ),
    (
        "Commande prête en partie",
        "Une partie de votre commande est prête, vous pouvez déjà venir la chercher. "
        "Il manque encore {produit}, attendu le {date}.\n"
        "Pensez à apporter l’original de votre ordonnance et votre carte Vitale.",
    ),
    (
        "Demande bien reçue",
        "Nous avons bien reçu votre demande et nous nous en occupons. "
        "Nous vous écrirons ici dès que votre commande sera prête.",
    ),
    (
        "Ordonnance illisible",
        "Nous n’arrivons pas à lire votre ordonnance sur la photo reçue. "
        "Pouvez-vous nous l’envoyer de nouveau, à plat, bien éclairée, avec les quatre coins visibles ?\n"
        "Vous pouvez aussi l’apporter à la pharmacie.",
    ),
    (
        "Original à apporter",
        "Pour vous remettre votre traitement, nous devons voir l’original de votre ordonnance. "
        "Merci de l’apporter en venant chercher votre commande.",
    ),
    (
        "Produit commandé",
        "Nous avons commandé {produit}. Il sera disponible à la pharmacie le {date} à partir de {heure}.",
    ),
    (
        "Produit en rupture",
        "{produit} est actuellement en rupture chez nos fournisseurs. "
        "Merci de nous téléphoner ou de passer à la pharmacie : nous chercherons ensemble une solution.",
    ),
    (
        "Ordonnance expirée",
        "Votre ordonnance n’est plus valable : elle ne peut pas être renouvelée. "
        "Merci de prendre contact avec votre médecin pour en obtenir une nouvelle, puis de nous l’envoyer ici.",
    ),
    (
        "Droits à mettre à jour",
        "Nous n’avons pas pu vérifier vos droits. Merci d’apporter votre carte Vitale à jour et votre "
        "attestation de complémentaire santé lors de votre prochain passage.",
    ),
    (
        "Passez nous voir",
        "Pour répondre à votre question, un pharmacien souhaite vous parler. "
        "Merci de passer à la pharmacie ou de nous téléphoner.",
    ),
)


def give(apps: Any, schema_editor: Any) -> None:
    template = apps.get_model("outbound", "ReplyTemplate")
    template.objects.using(schema_editor.connection.alias).bulk_create(
        template(name=name, text=f"{HELLO}{words}{BYE}") for name, words in FIRST
    )


class Migration(migrations.Migration):
    dependencies = [("outbound", "0004_to_page")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
