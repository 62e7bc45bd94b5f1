from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from xiaojia.desks.head.views import neighbours
from xiaojia.domains.cases.api.v1 import api
from xiaojia.domains.cases.views import public
from xiaojia.domains.teams.views.papers import building
from xiaojia.project import health, look, work_views
from xiaojia.project.home import desks, home

urlpatterns = [
    path("api/v1/till/", include("xiaojia.domains.store.api")),  # first: the shortest way
    path("", home, name="home"),
    path("", include("xiaojia.domains.people.urls")),
    path("", include("xiaojia.desks.finding.urls")),
    path("neighbours/", neighbours, name="neighbours"),
    path("registers/", include(("xiaojia.domains.registers.urls", "registers"))),
    path("microgrids/", include(("xiaojia.domains.microgrids.urls", "microgrids"))),
    path("workdays/", include(("xiaojia.domains.workdays.urls", "workdays"))),
    path("borders/", include(("xiaojia.domains.borders.urls", "borders"))),
    path("teams/", include(("xiaojia.domains.teams.urls", "teams"))),
    path("cases/", include(("xiaojia.domains.cases.urls", "cases"))),
    path("recognition/", include(("xiaojia.domains.recognition.urls", "recognition"))),
    path("points/", include(("xiaojia.domains.ledger.urls", "ledger"))),
    path("store/", include(("xiaojia.domains.store.urls", "store"))),
    path("b/<str:code>/", building, name="building"),
    path("b/<str:code>/say/", public.say, name="say"),
    path("r/link/<str:token>/", public.link, name="receipt_link"),
    path("r/", include("xiaojia.domains.receipts.urls")),
    path("messages/", include(("xiaojia.desks.messages.urls", "messages"))),
    path("accounts/", include(("xiaojia.desks.accounts.urls", "accounts"))),
    path("desks/", desks, name="desks"),
    path("api/v1/", api.urls),
    path("open311/v2/", include("xiaojia.domains.cases.api.open311_urls")),
    path("work/<uuid:work_id>/", work_views.work_page, name="work"),
    path("work/<uuid:work_id>/stop/", work_views.work_stop, name="work_stop"),
    path("text-size/", look.set_text_size, name="text_size"),
    path("language/", look.set_language, name="language"),
    path("keys/", look.keyboard, name="keyboard"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
if settings.XIAOJIA_DEMO:
    from xiaojia.project import demo_views

    urlpatterns += [
        path("demo/", demo_views.personas, name="demo_personas"),
        path("demo/as/<str:role>/", demo_views.sit_down_as, name="demo_as"),
    ]
if settings.DEBUG:
    urlpatterns.append(path("styleguide/", look.styleguide, name="styleguide"))

handler403 = "xiaojia.project.health.forbidden"
handler404 = "xiaojia.project.health.not_found"
handler500 = "xiaojia.project.health.fault"
