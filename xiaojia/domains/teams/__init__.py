"""Who serves in which role, where, and from when to when; and how far each of them can see.

Nouns: Tenure. `queries.scope_of` is the only place that turns a tenure into a scope.
Rules: R03, P06.
"""
