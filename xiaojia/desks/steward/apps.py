from django.apps import AppConfig


class StewardConfig(AppConfig):
    name = "xiaojia.desks.steward"
    label = "steward"
