"""Patients and their identity (INS)."""
