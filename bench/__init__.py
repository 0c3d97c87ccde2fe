"""Measure Officinal on this machine, each figure with its floor beside it (docs/speed.md)."""
