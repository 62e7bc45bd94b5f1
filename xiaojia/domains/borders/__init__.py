"""Communities are split and merged by date: compounds go from one to another, with all that belongs to them.

Nouns: Borderchange, Bordercompound. The top tier, since everything below has to go along.
Rules: R02, R03.
"""
