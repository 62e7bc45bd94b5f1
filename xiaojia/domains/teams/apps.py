from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "xiaojia.domains.teams"
    label = "teams"
    default_auto_field = "django.db.models.BigAutoField"
