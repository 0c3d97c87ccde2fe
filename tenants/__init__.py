"""Which pharmacy: schemas, roles, wake-ups."""
