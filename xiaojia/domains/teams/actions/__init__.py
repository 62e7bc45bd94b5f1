"""Writes of teams: tenures and their papers, vacancies, yeses to be named, published pages."""

from xiaojia.domains.teams.actions.crossing import cross_teams
from xiaojia.domains.teams.actions.listings import forget_listings, give_listing, withdraw_listing
from xiaojia.domains.teams.actions.publishing import publish_pages, refresh_pages, unpublish_pages
from xiaojia.domains.teams.actions.seats import clockwork, settle_seats
from xiaojia.domains.teams.actions.taking_in import Newcomer, enlist_volunteers, take_in
from xiaojia.domains.teams.actions.telling import tell_day
from xiaojia.domains.teams.actions.tenures import (
    SeatTaken,
    Terms,
    TooMuchForOne,
    begin_tenure,
    designate,
    end_tenure,
    keep_party_tick,
    open_desk,
)

__all__ = [
    "Newcomer",
    "SeatTaken",
    "Terms",
    "TooMuchForOne",
    "begin_tenure",
    "clockwork",
    "cross_teams",
    "designate",
    "end_tenure",
    "enlist_volunteers",
    "forget_listings",
    "give_listing",
    "keep_party_tick",
    "open_desk",
    "publish_pages",
    "refresh_pages",
    "settle_seats",
    "take_in",
    "tell_day",
    "unpublish_pages",
    "withdraw_listing",
]
