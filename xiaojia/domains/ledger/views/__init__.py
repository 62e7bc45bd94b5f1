"""Pages of points: deeds, members and their passbooks, rules, papers of the office."""
