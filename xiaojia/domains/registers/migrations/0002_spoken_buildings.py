import django.db.models.deletion
from django.db import migrations, models

from xiaojia.kernel import tenancy


class Migration(migrations.Migration):
    dependencies = [
        ("places", "0001_initial"),
        ("registers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Spokenbuilding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("community_id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("household", "Household"), ("building", "Building")], max_length=10
                    ),
                ),
                ("as_of_on", models.DateField()),
                (
                    "building",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="places.building"
                    ),
                ),
                (
                    "register",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registers.register",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("building", "kind"), name="one_word_per_building_and_kind"
                    )
                ],
            },
        ),
        tenancy.community_fence("registers_spokenbuilding"),
    ]
