"""Keys on paper, keys that change, backups, restoring, and the drill that proves them. Commands only."""
