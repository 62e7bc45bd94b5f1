"""The officer's desk: what waits today, the register, the plans, and one box to find a door."""
