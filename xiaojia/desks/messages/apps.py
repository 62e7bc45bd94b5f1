from django.apps import AppConfig


class MessagesDeskConfig(AppConfig):
    name = "xiaojia.desks.messages"
    label = "messages_desk"
