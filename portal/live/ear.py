"""Hear what PostgreSQL passes on: one LISTEN per process, opened again for as long as it takes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from portal.lib.told import CHANNEL, NotTold, Told, read

logger = logging.getLogger(__name__)

# Asked after so many quiet seconds whether the line still stands, and tried again after so many without one.
QUIET_SECONDS, PAUSE_SECONDS = 10.0, 2.0
# How long what we have to say ourselves waits at most.
TURN_SECONDS = 1.0
OPTIONS = {"connect_timeout": "5", "application_name": "officinal-events", "keepalives_idle": "10"}


class Ear:
    """`hears`: whether what is told now arrives. `lost` is called when it no longer does."""

    def __init__(self, database_url: str, *, hear: Callable[[Told], None], lost: Callable[[], None]) -> None:
        self._url, self._hear, self._lost = make_conninfo(database_url, **OPTIONS), hear, lost
        self.hears = False
        self._unsaid: list[Told] = []

    def say(self, told: Told) -> None:
        """Tell the other processes, on the line by which we hear."""
        self._unsaid.append(told)

    async def listen(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen_once()
            except (psycopg.Error, OSError) as error:
                logger.warning("the line to PostgreSQL broke: %s", type(error).__name__)
            except Exception:
                logger.exception("listening failed")
            finally:
                if self.hears:
                    self.hears = False
                    self._lost()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _listen_once(self) -> None:
        line = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        async with line:
            await line.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            self.hears = True
            quiet_since = monotonic()
            while True:
                async for note in line.notifies(timeout=TURN_SECONDS):
                    self._take(note.payload)
                if self._unsaid or monotonic() - quiet_since > QUIET_SECONDS:
                    said, self._unsaid = self._unsaid, []
                    words = [told.written() for told in said]
                    await line.execute(
                        "SELECT pg_notify(%s, said) FROM unnest(%s::text[]) said", [CHANNEL, words]
                    )
                    quiet_since = monotonic()

    def _take(self, payload: str) -> None:
        try:
            self._hear(read(payload))
        except NotTold:
            logger.warning("a notification that is none of ours, of %d letters", len(payload))
