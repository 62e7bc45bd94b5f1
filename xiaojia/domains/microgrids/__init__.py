"""Micro-grids (党群小家): propose, compare, adjust by hand, approve exceptions, adopt from a date.

Nouns: Partition (a plan), Cluster (one micro-grid of a plan), Part (a stretch of floors of a unit in it),
PlanException, MicroGrid (the lasting identity), Membership (which door belonged where, and when).
Extra room: `drawing/`, the map as plain values.
Rules: R02, P18.
"""
