"""The map of micro-grids as plain values: areas, places on paper, tints. Templates turn them into SVG.

A community does not fit one picture at 15 px text: `areas` cuts it into neighbourhoods of compounds, `draw`
makes the picture of one, `overview` the picture that leads to them.
"""

from xiaojia.domains.microgrids.drawing.areas import Area, areas_of
from xiaojia.domains.microgrids.drawing.overview import Overview, overview_of
from xiaojia.domains.microgrids.drawing.picture import Picture, draw
from xiaojia.domains.microgrids.drawing.values import PAPER_WIDTH, Group, House, Slice, Staircase

__all__ = [
    "PAPER_WIDTH",
    "Area",
    "Group",
    "House",
    "Overview",
    "Picture",
    "Slice",
    "Staircase",
    "areas_of",
    "draw",
    "overview_of",
]
