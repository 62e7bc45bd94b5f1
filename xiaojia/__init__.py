"""小家 (Xiaojia): the daily practice of a community's micro-grids."""
