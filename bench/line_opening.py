"""Line 23: opening a pharmacy, and visiting all of them when none needs a migration."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from time import perf_counter
from uuid import uuid4

from django.core.management import call_command
from django.db import connections, transaction

from bench.figures import Figure
from bench.stage import Stage
from portal.vault.keys import new_keyring
from tenants.connections import OWNER, owner
from tenants.fences import fence_pharmacy
from tenants.models import Pharmacy, Recording
from tenants.provisioning import NewPharmacy, provision
from tenants.recording import play
from tests import cast

WANTED = 500
HISTORIES = "SELECT {number}, app, name FROM {schema}.django_migrations"


def measure(stage: Stage) -> Iterator[Figure]:
    """A short run opens fewer; what each of them adds to a visit is then counted for all."""
    number = 100 if stage.short else WANTED
    before = _visits()
    seconds = [_open(each) for each in range(number)]
    note = f"half of {number}; the slowest {max(seconds):.2f}; floor: its SQL alone"
    yield Figure("23.create", median(seconds), median(_said() for _ in range(5)), note)
    each = (_visits() - before) / number
    asked = _asked() * WANTED / Pharmacy.objects.count()
    note = (
        f"the command `migrate`: {before:.2f} s for {len(stage.houses)}, {1000 * each:.2f} ms for each more"
    )
    yield Figure("23.visit", before + each * WANTED, asked, f"{note}; floor: their histories read at once")


def _open(number: int) -> float:
    """With its titulaire, whose password costs 50 ms by design."""
    finess = f"58010{number:04d}"
    new = NewPharmacy(
        name=f"Pharmacie {number}", finess=finess, host=f"p{number}.localhost", keyring=new_keyring
    )
    began = perf_counter()
    provision(new, then=lambda _: cast.appoint("paul", "Paul Pont"))
    return perf_counter() - began


def _said() -> float:
    """The schema, the role and the recorded SQL, rolled back."""
    script, schema = Recording.objects.using(OWNER).get().script, Pharmacy.schema_for(uuid4())
    with transaction.atomic(using=OWNER):
        began = perf_counter()
        with owner().cursor() as cursor:
            fence_pharmacy(schema, cursor)
        play(script, schema)
        taken = perf_counter() - began
        transaction.set_rollback(True, using=OWNER)
    return taken


def _visits() -> float:
    _visit()  # the first one in a process reads its modules
    return median(_visit() for _ in range(5))


def _visit() -> float:
    connections[OWNER].close()  # a new one knows no table yet, as that of a command
    began = perf_counter()
    call_command("migrate", verbosity=0)
    return perf_counter() - began


def _asked() -> float:
    connections[OWNER].close()
    schemas = Pharmacy.objects.using(OWNER).values_list("schema_name", flat=True)
    question = " UNION ALL ".join(
        HISTORIES.format(number=n, schema=schema) for n, schema in enumerate(schemas)
    )
    began = perf_counter()
    with owner().cursor() as cursor:
        cursor.execute(question)
        cursor.fetchall()
    return perf_counter() - began
