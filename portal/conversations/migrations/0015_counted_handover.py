from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0014_batch"),
    ]

    operations = [
        migrations.AlterField(
            model_name="counter",
            name="kind",
            field=models.CharField(
                choices=[
                    ("open", "À traiter"),
                    ("mine", "À moi"),
                    ("unopened", "Non ouverts"),
                    ("failed", "Échecs"),
                    ("quarantine", "Quarantaine"),
                    ("prescription", "Ordonnances"),
                    ("review", "À valider"),
                    ("unassigned", "Non attribuées"),
                    ("waiting", "En attente"),
                    ("concern", "Notifications"),
                    ("handover", "Relève à contresigner"),
                ],
                max_length=12,
            ),
        ),
    ]
