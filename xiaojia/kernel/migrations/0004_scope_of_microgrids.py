from django.db import migrations

from xiaojia.kernel import tenancy


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0003_vault'),
    ]

    operations = [
        migrations.RunSQL(tenancy.MICROGRIDS_SQL, "DROP FUNCTION app_microgrids();"),
    ]
