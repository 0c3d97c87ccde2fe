"""Our PostgreSQL backend: schema and role of a pharmacy are switched together, and fail closed."""
