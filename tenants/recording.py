"""Make a pharmacy's tables by saying again what the migrations said (adr/0012-a-pharmacy-is-opened-by-replay.md).

Running the migrations is two seconds of Python, which draws all models anew for each of them, around a tenth of a
second of SQL. `migrate` records that SQL and rehearses it; opening a pharmacy plays it in one statement.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import django
import psycopg
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.migrations.loader import MigrationLoader

from tenants.backend.base import role_name
from tenants.connections import OWNER, owner
from tenants.fences import fence_pharmacy, hide_migrations
from tenants.migrating import migrate_schema
from tenants.models import Pharmacy, Recording
from tenants.portrait import differences, portrait

logger = logging.getLogger(__name__)

# What belongs to one pharmacy, or to one moment, stands in the script as a mark.
OPEN, CLOSE = "⟦", "⟧"
MARK = re.compile(f"{OPEN}(schema|role|id|moment) ?([^{CLOSE}]*){CLOSE}")
READS = ("SELECT", "SHOW", "SAVEPOINT", "RELEASE")
ID_VERSION = 7  # an id whose first 48 bits are its moment (RFC 9562, 5.7)
LOCK = 0x0FF1C1A1  # of whoever records


class CannotRecord(Exception):
    """Saying the migrations' SQL again would not make what they made; pharmacies are then opened by migrating."""


class Recorder:
    """Note each statement that is executed, as text; reads are left out, and the rehearsal finds one that was none."""

    def __init__(self, schema_name: str) -> None:
        self._schema = schema_name
        self._role = role_name(owner().role_prefix, schema_name)
        self._began = datetime.now(UTC)
        self._statements: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        result = execute(sql, params, many, context)
        for each in params if many else (params,):
            self._note(str(sql), each)
        return result

    @property
    def script(self) -> str:
        return "\n;\n".join(self._statements)

    def _note(self, sql: str, params: Any) -> None:
        word = sql.split(None, 1)[0].upper()
        if word in READS:
            return
        text = psycopg.ClientCursor(owner().connection).mogrify(sql, params)
        if word == "ROLLBACK" or OPEN in text:
            raise CannotRecord(f"a migration says {word}, or uses the mark {OPEN}")
        text = text.replace(self._role, f"{OPEN}role{CLOSE}").replace(self._schema, f"{OPEN}schema{CLOSE}")
        for value in _leaves(params):
            if kind := self._born(value):
                text = _marked(text, kind, value)
        self._statements.append(text)

    def _born(self, value: object) -> str | None:
        """What kind of mark stands for a value that this run made, and each run would make anew."""
        if isinstance(value, UUID) and value.version == ID_VERSION and self._is_of_now(_moment_of(value)):
            return "id"
        if isinstance(value, datetime) and value.tzinfo is not None and self._is_of_now(value):
            return "moment"
        return None

    def _is_of_now(self, moment: datetime) -> bool:
        # An id knows whole milliseconds only.
        return self._began - timedelta(milliseconds=1) <= moment <= datetime.now(UTC)


def make_tables(schema_name: str) -> None:
    """Bring a new, empty schema to the newest migrations, in a tenth of a second if they were recorded."""
    recording = Recording.objects.using(OWNER).filter(digest=digest()).first()
    if recording is None:
        logger.warning("these migrations were not recorded: run `migrate`, and pharmacies open at once")
        migrate_schema(schema_name)
    else:
        play(_anew(recording.script), schema_name)


def play(script: str, schema_name: str) -> None:
    """Say it all in this schema, in one statement."""
    connection = owner()
    names = {"schema": schema_name, "role": role_name(connection.role_prefix, schema_name)}
    text = MARK.sub(lambda mark: names.get(mark[1]) or mark[2], script)
    connection.set_schema(schema_name, include_public=False)
    try:
        with connection.cursor() as cursor:
            cursor.execute(text)
    finally:
        connection.set_schema_to_public()


def record() -> None:
    """Record these migrations if they were not yet, and forget the former ones.

    Raises:
        CannotRecord: played, it does not make what the migrations made; nothing is kept.
    """
    with transaction.atomic(using=OWNER):
        with owner().cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        wanted = digest()
        recordings = Recording.objects.using(OWNER)
        if recordings.filter(digest=wanted).exists():
            return
        script = _rehearsed()
        recordings.all().delete()
        recordings.create(digest=wanted, script=script)


def digest() -> str:
    """What a recording is of: the text of every migration, and what turns it into SQL."""
    server = owner().pg_version // 10_000
    made_by = (django.get_version(), psycopg.__version__, server, settings.TENANT_APPS)
    hashed = sha256(repr(made_by).encode() + Path(__file__).read_bytes())
    for label, path in _sources():
        hashed.update(f"{label} {path.name} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return hashed.hexdigest()


def _sources() -> Iterator[tuple[str, Path]]:
    for config in apps.get_app_configs():
        package, _ = MigrationLoader.migrations_module(config.label)
        if package and find_spec(package):
            for folder in import_module(package).__path__:
                yield from ((config.label, path) for path in sorted(Path(folder).glob("*.py")))


def _rehearsed() -> str:
    """Migrate one schema, play in another what was recorded, compare them, and leave neither."""
    original, copy = (Pharmacy.schema_for(uuid4()) for _ in range(2))
    recorder = Recorder(original)
    with transaction.atomic(using=OWNER):
        with owner().cursor() as cursor:
            fence_pharmacy(original, cursor)
            fence_pharmacy(copy, cursor)
        with owner().execute_wrapper(recorder):
            migrate_schema(original)
        play(recorder.script, copy)
        with owner().cursor() as cursor:
            hide_migrations(original, cursor)
            hide_migrations(copy, cursor)
        found = differences(portrait(original), portrait(copy))
        transaction.set_rollback(True, using=OWNER)
    if found:
        raise CannotRecord("\n".join(found))
    return recorder.script


def _anew(script: str) -> str:
    """The script with new ids and moments, in the order of those that were recorded; no two pharmacies share an id."""
    now = datetime.now(UTC)
    found = sorted(set(MARK.findall(script)))
    ids = [mark for mark in found if mark[0] == "id"]
    moments = [mark for mark in found if mark[0] == "moment"]
    new = {mark: str(_id_at(now, rank)) for rank, mark in enumerate(ids)}
    new |= {mark: str(now + timedelta(microseconds=rank)) for rank, mark in enumerate(moments)}
    return MARK.sub(lambda mark: f"{OPEN}{mark[1]} {new.get(mark.groups(), '')}{CLOSE}", script)


def _id_at(moment: datetime, rank: int) -> UUID:
    """An id of this moment that comes after those of lower rank (RFC 9562, 5.7 and 6.2)."""
    milliseconds = int(moment.timestamp() * 1000) + rank // 4096
    high, low = rank % 4096, secrets.randbits(62)
    return UUID(int=milliseconds << 80 | ID_VERSION << 76 | high << 64 | 0b10 << 62 | low)


def _marked(text: str, kind: str, value: object) -> str:
    spelled = value.hex if isinstance(value, UUID) else str(value)  # as psycopg writes them
    mark = f"{OPEN}{kind} {value}{CLOSE}"
    if spelled not in text and mark not in text:
        raise CannotRecord(f"a statement holds an {kind}, and not as {spelled}")
    return text.replace(spelled, mark)


def _moment_of(born: UUID) -> datetime:
    return datetime.fromtimestamp((born.int >> 80) / 1000, UTC)


def _leaves(params: Any) -> list[object]:
    """Every single value among parameters, which may be lists of values."""
    if isinstance(params, dict):
        params = list(params.values())
    if isinstance(params, list | tuple):
        return [leaf for each in params for leaf in _leaves(each)]
    return [params]
