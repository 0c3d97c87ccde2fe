"""Tests: sentences about pharmacy life, through the real doors."""
