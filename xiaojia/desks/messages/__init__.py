"""消息: what went out to whom, what waits, what did not go and why. Texts are never shown."""
