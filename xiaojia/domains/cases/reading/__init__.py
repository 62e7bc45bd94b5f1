"""What was heard, read closely: kind, place, likeness, orders, slips. Plain values, no decisions."""

from xiaojia.domains.cases.reading.alike import Alike, Other, alike
from xiaojia.domains.cases.reading.kinds import KindGuess, KindName, kinds_meant
from xiaojia.domains.cases.reading.order import Order, read_order
from xiaojia.domains.cases.reading.place import BuildingPlace, PlaceGuess, place_meant
from xiaojia.domains.cases.reading.slips import SlipLine, read_slips

__all__ = [
    "Alike",
    "BuildingPlace",
    "KindGuess",
    "KindName",
    "Order",
    "Other",
    "PlaceGuess",
    "SlipLine",
    "alike",
    "kinds_meant",
    "place_meant",
    "read_order",
    "read_slips",
]
