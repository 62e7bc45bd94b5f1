"""The simulated community 青禾社区（模拟）: an ugly household register, and the product's own front door.

`python -m tools.simulator write FILE.xlsx [--truth FILE.json]` writes the workbook that an office brings.
`python -m tools.simulator live` opens the community and takes that workbook through the product's actions:
read, confirm, check, decide, commit, divide, approve, adopt, seat heads. `... blocks FILE.csv --place NAME`
does the same, up to the plans, with one subzone of a table of real blocks. `... cases` lives
through a year of cases in the community of `live`; `... moves` builds it a year ago and lives through the
moves of that year. Nothing is written behind actions.
"""
