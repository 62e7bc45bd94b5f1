from django.apps import AppConfig


class HeadConfig(AppConfig):
    name = "xiaojia.desks.head"
    label = "head"
