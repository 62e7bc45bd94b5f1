"""One process tree: PostgreSQL, the web server and the worker under one parent that keeps them alive."""
