from django.apps import AppConfig


class SecretaryConfig(AppConfig):
    name = "xiaojia.desks.secretary"
    label = "secretary"
