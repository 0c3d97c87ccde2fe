"""Tests of portal/conversations."""
