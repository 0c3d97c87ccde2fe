"""List the pharmacies: name, schema, host, state, and how many people."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portal.team.models import User
from tenants.context import inside
from tenants.models import Domain, DomainKind, Pharmacy, PharmacyState


class Command(BaseCommand):
    help = "Liste les pharmacies, sans rien de ce qu’elles contiennent que des nombres."

    def handle(self, *args: Any, **options: Any) -> None:
        hosts = dict(
            Domain.objects.filter(kind=DomainKind.TEAM, is_primary=True).values_list("tenant_id", "domain")
        )
        for pharmacy in Pharmacy.objects.order_by("name"):
            host = hosts.get(pharmacy.id, "sans hôte")
            self.stdout.write(f"{pharmacy.name} | {pharmacy.schema_name} | {host} | {_state(pharmacy)}")


def _state(pharmacy: Pharmacy) -> str:
    if not pharmacy.schema_current:
        return "migration à reprendre"  # its tables may not be what the code expects
    with inside(pharmacy):
        active = User.objects.filter(active=True).count()
    return f"{PharmacyState(pharmacy.state).label} | {active} personne{'s' if active > 1 else ''}"
