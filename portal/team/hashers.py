"""How passwords are hashed."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id as OWASP recommends it: 19 MiB, two passes, one lane.

    Django's own figure is 100 MiB, which a few sign-ins at once would make the memory of the whole stack.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
