"""Tests of content-free notices."""
