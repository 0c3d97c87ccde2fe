"""Commands of the inbound way."""
