from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0008_scheduled")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="has_layout",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
