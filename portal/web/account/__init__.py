"""The door: signing in, second factor, invitation, lock."""
