"""Hear what PostgreSQL passes on: one LISTEN per process, opened again for as long as it takes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg
from psycopg import sql

from portal.lib.told import CHANNEL, NotTold, Told, read

logger = logging.getLogger(__name__)

# Asked after so many quiet seconds whether the line still stands, and tried again after so many without one.
QUIET_SECONDS, PAUSE_SECONDS = 10.0, 2.0
LINE = {"connect_timeout": 5, "application_name": "officinal-events", "keepalives_idle": 10}


class Ear:
    """`hears`: whether what is told now arrives. `lost` is called when it no longer does."""

    def __init__(self, database_url: str, *, hear: Callable[[Told], None], lost: Callable[[], None]) -> None:
        self._url, self._hear, self._lost = database_url, hear, lost
        self.hears = False

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
        line = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **LINE)
        async with line:
            await line.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            self.hears = True
            while True:
                async for note in line.notifies(timeout=QUIET_SECONDS):
                    self._take(note.payload)
                await line.execute("SELECT 1")

    def _take(self, payload: str) -> None:
        try:
            self._hear(read(payload))
        except NotTold:
            logger.warning("a notification that is none of ours, of %d letters", len(payload))
