"""Tests of portal/inbound."""
