"""The secretary's desk: one page with what to decide, what to mind, and numbers that open their records."""
