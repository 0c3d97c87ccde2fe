from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_tally"),
    ]

    operations = [
        migrations.AlterField(
            model_name="tally",
            name="window_ends_at",
            field=models.DateTimeField(db_index=True),
        ),
    ]
