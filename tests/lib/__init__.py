"""Tests of the plain tools."""
