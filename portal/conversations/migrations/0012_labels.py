import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models

import portal.lib.ids


class Migration(migrations.Migration):
    dependencies = [("conversations", "0011_forwarded")]

    operations = [
        migrations.CreateModel(
            name="Label",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.lib.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=30)),
                (
                    "colour",
                    models.CharField(
                        choices=[
                            ("grey", "Gris"),
                            ("green", "Vert"),
                            ("blue", "Bleu"),
                            ("violet", "Violet"),
                            ("amber", "Ambre"),
                            ("red", "Rouge"),
                        ],
                        default="grey",
                        max_length=8,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("name"), name="label_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="conversation",
            name="labels",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=django.contrib.postgres.indexes.GinIndex(fields=["labels"], name="conversation_labels"),
        ),
    ]
