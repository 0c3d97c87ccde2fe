"""Say in which pharmacy the running code is, and enter one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tenants.connections import here

if TYPE_CHECKING:
    from tenants.models import Pharmacy


class NoPharmacy(Exception):
    """Code that needs a pharmacy ran outside of one."""


def current_pharmacy() -> Pharmacy:
    """The pharmacy that this thread's connection is in.

    Its row was read before the switch: from inside, the table cannot be read.

    Raises:
        NoPharmacy: outside a pharmacy.
    """
    from tenants.models import Pharmacy

    tenant = here().tenant
    if not isinstance(tenant, Pharmacy):
        raise NoPharmacy
    return tenant


@contextmanager
def inside(pharmacy: Pharmacy) -> Iterator[Pharmacy]:
    """Run a block inside a pharmacy, then return to where one was."""
    connection = here()
    before = connection.tenant
    connection.set_tenant(pharmacy)
    try:
        yield pharmacy
    finally:
        connection.set_tenant(before)


def leave() -> None:
    """Return to `public`, whatever went before."""
    here().set_schema_to_public()
