"""Pharmacies: schemas, roles, wake-ups, tasks."""
