"""Tests of what a prescription goes through."""
