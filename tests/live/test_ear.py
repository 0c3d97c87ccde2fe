"""Tests that a line to PostgreSQL that breaks is noticed and opened again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection

from portal.lib.ids import uuid7
from portal.lib.told import CHANNEL, Kind, Told
from portal.live.ear import Ear
from tests.base import CommittingPharmacyTestCase

PATIENCE = 15.0


class Listening(CommittingPharmacyTestCase):
    def test_a_line_that_breaks_ends_the_streams_and_is_opened_again(self) -> None:
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        asyncio.run(self.broken_and_mended(urlunsplit(url)))

    async def broken_and_mended(self, url: str) -> None:
        heard: list[Told] = []
        lost: list[bool] = []
        ear = Ear(url, hear=heard.append, lost=lambda: lost.append(True))
        listening = asyncio.create_task(ear.listen())
        told = Told(uuid7(), Kind.MAIL, uuid7())
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as other:
            await until(lambda: ear.hears)
            await other.execute("SELECT pg_notify(%s, 'not ours')", [CHANNEL])
            ear.say(told)  # to all processes, itself among them
            await until(lambda: heard == [told])
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'officinal-events' AND datname = current_database()"
            )
            await until(lambda: lost == [True])
            await until(lambda: ear.hears)
            await other.execute("SELECT pg_notify(%s, %s)", [CHANNEL, told.written()])
            await until(lambda: heard == [told, told])
        listening.cancel()


async def until(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not there():
            await asyncio.sleep(0.02)
