from django.apps import AppConfig


class OfficerConfig(AppConfig):
    name = "xiaojia.desks.officer"
    label = "officer"
