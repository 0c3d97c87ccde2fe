"""Tests of portal/mailboxes."""
