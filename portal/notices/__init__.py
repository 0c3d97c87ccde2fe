"""Content-free notices to people, by ordinary e-mail, from a sender of their own (invariant 12)."""
