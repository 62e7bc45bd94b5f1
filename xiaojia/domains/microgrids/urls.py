from __future__ import annotations

from django.urls import path

from xiaojia.domains.microgrids.views import (
    adopting,
    change,
    history,
    microgrids,
    planner,
    plans,
    sheets,
    sketch,
)

app_name = "microgrids"
urlpatterns = [
    path("", microgrids.home, name="home"),
    path("<int:microgrid_id>/", microgrids.one, name="one"),
    path("map/", planner.map_now, name="map"),
    path("history/", history.history, name="history"),
    path("doors/", sheets.doors, name="doors"),
    path("doors.xlsx", sheets.doors_workbook, name="doors_workbook"),
    path("adjacency/", plans.adjacency, name="adjacency"),
    path("sketch/", sketch.sketch, name="sketch"),
    path("change/", change.change, name="change"),
    path("change/propose/", change.propose_change, name="propose_change"),
    path("plans/", plans.compare, name="plans"),
    path("plans/whole/", change.propose_whole, name="propose_whole"),
    path("plans/<int:partition_id>/moves/", change.moves, name="moves"),
    path("plans/<int:partition_id>/letters/", change.letters, name="letters"),
    path("plans/propose/", plans.propose, name="propose"),
    path("plans/<int:partition_id>/", planner.planner, name="planner"),
    path("plans/<int:partition_id>/move/", planner.move, name="move"),
    path("plans/<int:partition_id>/undo/", planner.undo, name="undo"),
    path("plans/<int:partition_id>/drop/", plans.drop, name="drop"),
    path("plans/<int:partition_id>/exceptions/", adopting.exceptions, name="exceptions"),
    path("plans/<int:partition_id>/adopt/", adopting.adopt, name="adopt"),
    path("plans/<int:partition_id>/print/", sheets.print_map, name="print_map"),
    path("plans/<int:partition_id>/plan.xlsx", sheets.plan_workbook, name="plan_workbook"),
]
