"""Real and scripted mail servers to test against."""
