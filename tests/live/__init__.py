"""The process of events, without a browser."""
