"""The public form and its tracking page."""
