"""Whole-pharmacy work."""
