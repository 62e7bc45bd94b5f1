from django.apps import AppConfig


class ClerkConfig(AppConfig):
    name = "xiaojia.desks.clerk"
    label = "clerk"
