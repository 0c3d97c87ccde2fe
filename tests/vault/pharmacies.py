"""Pharmacies that no database knows, for what only needs their keys."""

from __future__ import annotations

from uuid import uuid4

from portal.vault.keys import new_keyring
from tenants.models import Pharmacy


def pharmacy() -> Pharmacy:
    pharmacy_id = uuid4()
    return Pharmacy(
        id=pharmacy_id, schema_name=Pharmacy.schema_for(pharmacy_id), sealed_keyring=new_keyring(pharmacy_id)
    )
