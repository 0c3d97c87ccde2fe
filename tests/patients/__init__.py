"""Tests of portal/patients."""
