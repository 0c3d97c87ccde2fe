"""Whole ways through the house: real processes, real servers, a real browser."""
