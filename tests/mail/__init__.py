"""Tests of reading and composing mail."""
