import django.db.models.deletion
from django.db import migrations, models

import portal.lib.ids
import portal.vault.fields


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0018_batch_joined"),
        ("team", "0009_shift_note"),
    ]

    operations = [
        migrations.CreateModel(
            name="BlockedSender",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=portal.lib.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("fingerprint", models.CharField(max_length=64, unique=True)),
                ("address", portal.vault.fields.SealedTextField(label="blocked_sender.address")),
                (
                    "label",
                    portal.vault.fields.SealedTextField(blank=True, default="", label="blocked_sender.label"),
                ),
                ("reason", portal.vault.fields.SealedTextField(label="blocked_sender.reason")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="team.user"
                    ),
                ),
            ],
        ),
    ]
