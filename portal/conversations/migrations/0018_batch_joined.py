from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0017_merged_into"),
    ]

    operations = [
        migrations.AlterField(
            model_name="batch",
            name="act",
            field=models.CharField(
                choices=[
                    ("assign", "Attribuer"),
                    ("finish", "Terminer"),
                    ("unread", "Marquer comme non lu"),
                    ("later", "Remettre à plus tard"),
                    ("merge", "Réunir"),
                    ("split", "Séparer"),
                    ("label", "Étiqueter"),
                ],
                max_length=8,
            ),
        ),
    ]
