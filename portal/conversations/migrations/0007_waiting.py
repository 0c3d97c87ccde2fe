import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0006_several_assignees"),
        ("team", "0003_told_last_day"),
    ]

    operations = [
        migrations.AlterField(
            model_name="conversation",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "À traiter"),
                    ("patient", "En attente du patient"),
                    ("prescriber", "En attente du prescripteur"),
                    ("later", "Remis à plus tard"),
                    ("done", "Terminé"),
                ],
                default="open",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="snoozed_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="team.user",
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="back",
            field=models.CharField(
                blank=True,
                choices=[
                    ("answer", "Réponse reçue"),
                    ("time", "De retour"),
                    ("silence", "Relance : sans réponse"),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("state__in", ["patient", "prescriber", "later"])),
                fields=["-last_message_at", "-id"],
                name="conversation_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("snoozed_until__isnull", False)),
                fields=["snoozed_until"],
                name="conversation_to_wake",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("snoozed_until__isnull", True),
                    ("state__in", ["patient", "prescriber", "later"]),
                    _connector="OR",
                ),
                name="snoozed_while_waiting",
            ),
        ),
    ]
