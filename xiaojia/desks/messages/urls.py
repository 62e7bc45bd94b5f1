from __future__ import annotations

from django.urls import path

from xiaojia.desks.messages import views

urlpatterns = [
    path("", views.outgoing, name="home"),
    path("robot/", views.robot, name="robot"),
    path("robot/test/", views.test_robot, name="test_robot"),
    path("<uuid:message_id>/again/", views.send_again, name="again"),
    path("<uuid:message_id>/drop/", views.drop, name="drop"),
]
