"""Pages of the store: the counter, the shelf, the day."""
