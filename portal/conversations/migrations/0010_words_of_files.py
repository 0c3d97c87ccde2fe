from django.db import migrations, models

import portal.vault.fields

# What came before is read too, newest first: the next night asks for it, or the command index_again.
TO_READ = """
UPDATE conversations_attachment SET words = 'waiting'
WHERE kind IN ('pdf', 'png', 'jpeg', 'heic', 'xdm', 'cda', 'text')
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0009_message_layout")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="indexed",
            field=models.PositiveSmallIntegerField(db_default=0, default=1),
        ),
        migrations.AddField(
            model_name="attachment",
            name="words",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Rien à lire"),
                    ("waiting", "À lire"),
                    ("read", "Lu"),
                    ("cut", "Lu en partie"),
                    ("ocr", "Image, sans reconnaissance de texte"),
                    ("failed", "Illisible"),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="text",
            field=portal.vault.fields.SealedTextField(label="attachment.text", null=True),
        ),
        migrations.RunSQL(TO_READ, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("indexed__lt", 1)), fields=["id"], name="message_to_index"
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("words", "waiting")), fields=["id"], name="attachment_to_read"
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("words", "ocr")), fields=["id"], name="attachment_to_recognise"
            ),
        ),
    ]
