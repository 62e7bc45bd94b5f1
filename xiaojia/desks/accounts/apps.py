from django.apps import AppConfig


class AccountsDeskConfig(AppConfig):
    name = "xiaojia.desks.accounts"
    label = "accounts_desk"
