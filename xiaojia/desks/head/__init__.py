"""The head's desk: my micro-grid, its doors, and how to reach each of them."""
