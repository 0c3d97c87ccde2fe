"""HTTP in, HTTP out: the only layer that knows of requests and pages."""
