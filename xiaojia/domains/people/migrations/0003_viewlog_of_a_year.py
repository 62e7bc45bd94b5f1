from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_accounts'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='viewlog',
            index=models.Index(fields=['community_id', 'at'], name='views_of_a_year'),
        ),
    ]
