import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

# Whoever has one keeps it; those that nobody has are counted from here on. No release has the column that goes.
TAKE_OVER = """
UPDATE conversations_conversation SET assignees = ARRAY[assignee_id] WHERE assignee_id IS NOT NULL;
INSERT INTO conversations_counter (mailbox_id, kind, n)
SELECT mailbox_id, 'unassigned', count(*) FROM conversations_conversation
WHERE state = 'open' AND assignee_id IS NULL GROUP BY mailbox_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0005_read_marks"),
        ("team", "0003_told_last_day"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="assignees",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="conversation", name="conversation_assigned"),
        migrations.RemoveField(model_name="conversation", name="assignee"),
        migrations.AddIndex(
            model_name="conversation",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("state", "done"), _negated=True),
                fields=["assignees"],
                name="conversation_assignees",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("assignees", []), ("state", "open")),
                fields=["-last_message_at", "-id"],
                name="conversation_unassigned",
            ),
        ),
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
                ],
                max_length=12,
            ),
        ),
    ]
