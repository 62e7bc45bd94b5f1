"""Working time on the Chinese calendar, and clocks that run, pause and are extended on it.

A calendar is made of year tables (days off, make-up workdays, office hours). All results are whole
seconds, so a recomputation from the stored history gives the same number.
"""

from xiaojia.engines.clocks.calendar import MissingYear, WorkCalendar, YearTable
from xiaojia.engines.clocks.clock import Clock, Limit, Pause, Unit

__all__ = ["Clock", "Limit", "MissingYear", "Pause", "Unit", "WorkCalendar", "YearTable"]
