import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The table is of the same release: where somebody tried it, what was blocked is blocked anew."""

    dependencies = [
        ("conversations", "0020_blocked"),
        ("mailboxes", "0005_signature"),
    ]

    operations = [
        migrations.RunSQL("DELETE FROM conversations_blockedsender", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="blockedsender",
            name="fingerprint",
            field=models.CharField(max_length=64),
        ),
        migrations.AddField(
            model_name="blockedsender",
            name="mailbox",
            field=models.ForeignKey(
                default=None,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="mailboxes.mailbox",
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="blockedsender",
            constraint=models.UniqueConstraint(fields=("mailbox", "fingerprint"), name="blocked_once"),
        ),
    ]
