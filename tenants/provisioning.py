"""Make a pharmacy: its row, hosts, schema, role and tables in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction

from tenants.connections import owner
from tenants.context import inside
from tenants.fences import OWNER, fence_pharmacy, hide_migrations
from tenants.models import Domain, DomainKind, Pharmacy
from tenants.recording import make_tables

CONTENT_PREFIX = "contenu."


class AlreadyThere(Exception):
    """A pharmacy with this FINESS, or this host, exists."""


@dataclass(frozen=True)
class NewPharmacy:
    """What must be known to open a pharmacy; `keyring` seals its key to its id."""

    name: str
    finess: str
    host: str
    keyring: Callable[[UUID], bytes]
    address: str = ""
    accent: str = ""


def provision(new: NewPharmacy, *, then: Callable[[Pharmacy], None] = lambda pharmacy: None) -> Pharmacy:
    """Create a pharmacy. `then` runs inside the new schema, as the owner, in the same transaction.

    Raises:
        AlreadyThere: its FINESS or its host is taken; nothing was made.
    """
    _refuse_taken(new)
    pharmacy_id = uuid4()
    pharmacy = Pharmacy(
        id=pharmacy_id,
        schema_name=Pharmacy.schema_for(pharmacy_id),
        name=new.name,
        finess=new.finess,
        address=new.address,
        accent=new.accent,
        sealed_keyring=new.keyring(pharmacy_id),
    )
    with transaction.atomic(using=OWNER):
        Pharmacy.objects.using(OWNER).bulk_create([pharmacy])
        Domain.objects.using(OWNER).bulk_create(_domains(pharmacy, new.host))
        with owner().cursor() as cursor:
            fence_pharmacy(pharmacy.schema_name, cursor)
        make_tables(pharmacy.schema_name)
        with owner().cursor() as cursor:
            hide_migrations(pharmacy.schema_name, cursor)
        _inside_as_owner(pharmacy, then)
    return Pharmacy.objects.get(id=pharmacy_id)


def _inside_as_owner(pharmacy: Pharmacy, then: Callable[[Pharmacy], None]) -> None:
    connection = owner()
    connection.set_tenant(pharmacy, include_public=False)
    try:
        with inside(pharmacy):  # keys and labels are looked up by the ordinary connection's pharmacy
            then(pharmacy)
    finally:
        connection.set_schema_to_public()


def _refuse_taken(new: NewPharmacy) -> None:
    if Pharmacy.objects.filter(finess=new.finess).exists():
        raise AlreadyThere(f"Une pharmacie porte déjà le numéro FINESS {new.finess}.")
    hosts = [new.host, CONTENT_PREFIX + new.host]
    if Domain.objects.filter(domain__in=hosts).exists():
        raise AlreadyThere(f"L’adresse {new.host} est déjà prise par une pharmacie.")


def _domains(pharmacy: Pharmacy, host: str) -> list[Domain]:
    return [
        Domain(tenant=pharmacy, domain=host, is_primary=True, kind=DomainKind.TEAM),
        Domain(tenant=pharmacy, domain=CONTENT_PREFIX + host, is_primary=False, kind=DomainKind.CONTENT),
    ]
