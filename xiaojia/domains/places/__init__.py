"""Where people live: divisions with 12-digit codes, communities, compounds, buildings, units.

Nouns: Division, Community, Compound, Building, Unit. Divisions and communities carry dates, since
communities are split and merged. Addresses are normalised here (`rules.py`).
Rules: R02, P05.
"""
