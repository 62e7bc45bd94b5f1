"""查找: the one box that every desk shares. A door, a name or a phone; only inside one's own scope."""
