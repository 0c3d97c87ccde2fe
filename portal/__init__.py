"""Officinal: the shared secure-mail portal of French pharmacies."""
