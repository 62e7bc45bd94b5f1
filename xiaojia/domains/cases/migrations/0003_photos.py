import django.db.models.deletion
import uuid
from django.db import migrations, models

from xiaojia.kernel import tenancy


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0002_outside'),
    ]

    operations = [
        migrations.CreateModel(
            name='Casephoto',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('community_id', models.BigIntegerField()),
                ('place', models.PositiveSmallIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('width', models.PositiveIntegerField()),
                ('height', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('account_id', models.BigIntegerField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='photos', to='cases.case')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('case', 'digest'), name='each_photo_once_a_case'), models.UniqueConstraint(fields=('case', 'place'), name='one_photo_a_place'), models.CheckConstraint(condition=models.Q(('place__gte', 1), ('place__lte', 9)), name='nine_photos_at_most')],
            },
        ),
        tenancy.child_fence("cases_casephoto", parent="cases_case", column="case_id"),
    ]
