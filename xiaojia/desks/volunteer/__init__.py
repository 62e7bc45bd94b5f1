"""The volunteer's desk: whom to call, the stairs of the own micro-grid, the own dates. No neighbour."""
