"""Open reference data: who may be written to."""
