from django.apps import AppConfig


class VolunteerConfig(AppConfig):
    name = "xiaojia.desks.volunteer"
    label = "volunteer"
