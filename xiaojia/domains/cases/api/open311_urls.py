from __future__ import annotations

from django.urls import path

from xiaojia.domains.cases.api import open311

app_name = "open311"
urlpatterns = [
    path("discovery.<str:form>", open311.discovery, name="discovery"),
    path("services.<str:form>", open311.services, name="services"),
    path("services/<str:service_code>.<str:form>", open311.definition, name="definition"),
    path("requests.<str:form>", open311.requests, name="requests"),
    path("requests/<str:request_id>.<str:form>", open311.one_request, name="request"),
    path("tokens/<str:token>.<str:form>", open311.token, name="token"),
]
