"""Tests of the team: who is on it, what each may do, how they come in."""
