"""Reference data in `public`, the same for every pharmacy: read by all, written by the owner alone."""

from __future__ import annotations

from django.db import models


class TrustedDomain(models.Model):
    """A domain of the MSSanté trust space (the white list; mssante 2.7)."""

    domain = models.CharField(max_length=253, primary_key=True)
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.domain
