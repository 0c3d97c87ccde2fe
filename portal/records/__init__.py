"""Whole-pharmacy work: what is done once a night; export, erasure and retention come here."""
