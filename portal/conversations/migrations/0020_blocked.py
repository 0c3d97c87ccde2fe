from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0019_blocked_sender"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="blocked",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("blocked", True)),
                fields=["-last_message_at", "-id"],
                name="conversation_blocked",
            ),
        ),
    ]
