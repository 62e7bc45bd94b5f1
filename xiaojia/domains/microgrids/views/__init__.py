"""Pages of micro-grids, one module a group of screens."""
