"""Pages of people: signing in, the security of one's own account, consent."""
