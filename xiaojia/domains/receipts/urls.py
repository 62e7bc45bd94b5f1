from __future__ import annotations

from django.urls import path

from xiaojia.domains.receipts import views

urlpatterns = [
    path("", views.home, name="receipts"),
    path("<str:code>/", views.receipt, name="receipt"),
]
