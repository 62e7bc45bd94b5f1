"""Wiring: settings, urls, middleware, command line, process tree. Nothing imports it."""
