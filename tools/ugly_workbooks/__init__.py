"""Ugly workbooks with known truth: does reading lose anything? Every person in them is invented (模拟).

`python -m tools.ugly_workbooks OUT_DIR [--seed N]` writes each workbook and beside it `<name>.truth.json`.
`scoring.score` compares what was read with that truth. Nothing here imports the product.
"""
