from django.apps import AppConfig


class FindingConfig(AppConfig):
    name = "xiaojia.desks.finding"
    label = "finding"
