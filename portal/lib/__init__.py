"""Small plain helpers that know nothing of pharmacies."""
