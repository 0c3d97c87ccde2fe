"""The people of all tests: Nadia, Claire and Karim at Soleil; Hugo at Gare, who must see nothing of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.vault.keys import new_keyring
from tenants.fences import OWNER, drop_pharmacy
from tenants.models import Domain, Pharmacy
from tenants.provisioning import NewPharmacy, provision

if TYPE_CHECKING:
    from portal.team.models import User

SOLEIL, GARE = "580008803", "750000010"
HOSTS = {SOLEIL: "soleil.localhost", GARE: "gare.localhost"}
PASSWORD = "Tournesol-de-nuit-42"


def open_pharmacies() -> None:
    for name, finess, titulaire in (
        ("Pharmacie du Soleil", SOLEIL, ("nadia", "Nadia Benali")),
        ("Pharmacie de la Gare", GARE, ("hugo", "Hugo Lefèvre")),
    ):
        new = NewPharmacy(name=name, finess=finess, host=HOSTS[finess], keyring=new_keyring)
        provision(new, then=lambda pharmacy, who=titulaire: appoint(*who))


def remove(pharmacy: Pharmacy) -> None:
    """Take away a pharmacy that a test opened."""
    Domain.objects.using(OWNER).filter(tenant=pharmacy).delete()
    Pharmacy.objects.using(OWNER).filter(pk=pharmacy.pk)._raw_delete(OWNER)
    drop_pharmacy(pharmacy.schema_name)


def appoint(sign_in_name: str, display_name: str, *, using: str = OWNER) -> None:
    """Give a pharmacy its titulaire, who is responsible for its BAL."""
    from portal.team.models import Responsibility, Role, User

    person = User(sign_in_name=sign_in_name, display_name=display_name, role=Role.TITULAIRE)
    person.set_password(PASSWORD)
    person.save(using=using)
    Responsibility.objects.using(using).create(user=person)


def soleil() -> Pharmacy:
    return Pharmacy.objects.get(finess=SOLEIL)


def gare() -> Pharmacy:
    return Pharmacy.objects.get(finess=GARE)


def join(sign_in_name: str, display_name: str, role: str) -> User:
    """Add an active person with a password to the pharmacy one is in."""
    from portal.team.models import User

    person = User(sign_in_name=sign_in_name, display_name=display_name, role=role)
    person.set_password(PASSWORD)
    person.save()
    return person
