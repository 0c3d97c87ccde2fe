"""The public form."""
