"""Tests of what the pharmacy says of itself."""
