"""Thinking: pure Python on plain values. No Django, no clock, no files, no network."""
