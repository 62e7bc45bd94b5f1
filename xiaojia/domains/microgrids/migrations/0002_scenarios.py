from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('microgrids', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='partition',
            name='scenario',
            field=models.CharField(choices=[('inside', 'Inside'), ('cross', 'Cross'), ('whole', 'Whole'), ('fewest', 'Fewest'), ('no_join', 'No Join')], max_length=8),
        ),
    ]
