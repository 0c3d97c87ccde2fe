"""Who did what: an append-only chain of entries (architecture 7, Audit)."""
