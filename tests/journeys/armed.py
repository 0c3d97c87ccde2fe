"""The product's Celery application, whose worker dies where the file named by ARMED says.

The file is read at each point that is reached, so that one worker serves for many deaths: starting it takes seconds,
and the child that a dead one is replaced by takes none.
"""

from __future__ import annotations

import os
from pathlib import Path

from portal.celery import app
from portal.lib import failpoints

__all__ = ["app"]

_reached = failpoints._reached


def _reached_as_told(name: str) -> None:
    os.environ["FP"] = Path(os.environ["ARMED"]).read_text("ascii")
    failpoints.reset()
    _reached(name)


failpoints._reached = _reached_as_told
