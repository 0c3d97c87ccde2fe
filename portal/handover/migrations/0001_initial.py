import django.db.models.deletion
from django.db import migrations, models

import portal.lib.ids
import portal.vault.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mailboxes", "0005_signature"),
        ("team", "0008_absence"),
    ]

    operations = [
        migrations.CreateModel(
            name="Handover",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.lib.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("left_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("replaced_at", models.DateTimeField(null=True)),
                ("lines", portal.vault.fields.SealedJSONField(default=list, label="handover.lines")),
                ("word", portal.vault.fields.SealedTextField(blank=True, default="", label="handover.word")),
                ("digest", models.CharField(max_length=32)),
                (
                    "left_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="team.user"
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="mailboxes.mailbox",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="team.user",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["-left_at"], name="handover_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at", None), ("taken_at", None)),
                        fields=("taken_at",),
                        name="handover_one_unsigned",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("taken_at", None), ("taken_by", None)),
                            models.Q(
                                ("taken_at__isnull", False),
                                ("taken_by__isnull", False),
                                models.Q(("taken_by", models.F("left_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="handover_two_people",
                    ),
                ],
            },
        ),
    ]
