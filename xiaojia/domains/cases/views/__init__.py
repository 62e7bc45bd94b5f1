"""Pages of cases: the box, lists, one case, slips and orders, kinds, and what neighbours see."""
