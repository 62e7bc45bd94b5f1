"""Pages of recognition: one's own (`own`), and the office's (`office`, `checking`)."""
