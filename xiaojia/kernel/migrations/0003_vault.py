from django.db import migrations

from xiaojia.kernel import vault


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0002_message'),
    ]

    operations = [
        migrations.RunSQL(vault.SCHEMA_SQL, vault.SCHEMA_REVERSE_SQL),
    ]
