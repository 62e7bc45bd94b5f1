"""The steward's desk: the micro-grids they cover, with whom, and which stairs. No names of neighbours."""
