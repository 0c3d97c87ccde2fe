"""Seal what concerns a patient: keys, columns, blobs, and the index that finds without reading."""
