from django.apps import AppConfig


class MicrogridsConfig(AppConfig):
    name = "xiaojia.domains.microgrids"
    label = "microgrids"
    default_auto_field = "django.db.models.BigAutoField"
