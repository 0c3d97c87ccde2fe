"""What a patient sends by the public form: pages sealed as they are chosen, a request, its tracking page."""
