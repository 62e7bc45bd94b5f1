"""One folder per domain, all with the same rooms. ARCHITECTURE.md says which tier each stands on."""
