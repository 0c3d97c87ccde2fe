"""Two pharmacies with their people and mailboxes, made by the same code as everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.management import call_command

from bench import floor_tables
from bench.environment import Place
from portal.directory.whitelist import replace_whitelist
from portal.mailboxes.models import Mailbox
from portal.team.models import User
from portal.vault.keys import new_keyring
from sandbox.people import GARE, SOLEIL, TRUSTED_DOMAINS
from tenants.connections import here
from tenants.context import inside, leave
from tenants.models import Pharmacy
from tenants.provisioning import NewPharmacy, provision
from tests import cast
from tests.mailboxes.boxes import open_box


@dataclass(frozen=True)
class House:
    """One pharmacy: its titulaire and its mailbox."""

    pharmacy: Pharmacy
    person: User
    mailbox: Mailbox
    host: str


@dataclass(frozen=True)
class Stage:
    """What every line measures on."""

    place: Place
    soleil: House
    gare: House
    short: bool
    # How many conversations the pages are measured on; None: as many as the run is long.
    conversations: int | None = None

    @property
    def houses(self) -> tuple[House, House]:
        return self.soleil, self.gare

    @property
    def ids(self) -> list[tuple[UUID, UUID]]:
        """Pharmacy and mailbox of each house, as a hand in another process is told."""
        return [(house.pharmacy.id, house.mailbox.id) for house in self.houses]


def set_up(place: Place, *, short: bool, conversations: int | None = None) -> Stage:
    """Migrate, open both pharmacies, trust the domains of the sandbox, make the tables of the floors."""
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    floor_tables.make()
    soleil = _open("Pharmacie du Soleil", cast.SOLEIL, ("nadia", "Nadia Benali"), SOLEIL)
    gare = _open("Pharmacie de la Gare", cast.GARE, ("hugo", "Hugo Lefèvre"), GARE)
    replace_whitelist(TRUSTED_DOMAINS)
    return Stage(place, soleil, gare, short, conversations)


def enter(pharmacy_id: UUID) -> None:
    """Stand inside this pharmacy from here on: for a process that works in one only."""
    leave()
    connection: Any = here()
    connection.set_tenant(Pharmacy.objects.get(id=pharmacy_id))


def _open(name: str, finess: str, titulaire: tuple[str, str], address: str) -> House:
    host = cast.HOSTS[finess]
    new = NewPharmacy(name=name, finess=finess, host=host, keyring=new_keyring)
    pharmacy = provision(new, then=lambda _: cast.appoint(*titulaire))
    with inside(pharmacy):
        person = User.objects.get(sign_in_name=titulaire[0])
        return House(pharmacy, person, open_box(address), host)
