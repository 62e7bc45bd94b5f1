"""Workbooks in: an ugly household register becomes a dry run, a decision row by row, and one commit.

Nouns: Register (one workbook on its way in), Registerrow (a staged row), Columnmemory (what a heading
meant last time). Extra room: `reading/`, which reads strangers' files in a limited subprocess.
Rules: P05, P15; interface "Household register Excel".
"""
