"""Prescriptions on screen: the steps beside a conversation, and the view « Ordonnances »."""
