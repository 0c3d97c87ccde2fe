"""What the demonstration does to its stand-in operator: have mail sent through it, let it fall, let it stand up."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from portal.mail.faults import TransportFault
from sandbox import arrivals
from sandbox.faults import write_faults
from sandbox.operator import HOST, known_ports

PATIENCE = 4.0  # seconds until it has heard; it looks five times a second


class OperatorDown(Exception):
    """Nothing can be sent through it now."""


def patient_writes() -> str:
    """A patient writes to Pharmacie du Soleil; the Message-ID. Raises OperatorDown."""
    try:
        return arrivals.patient_writes(_folder(), timezone.localtime()).message_id
    except (TransportFault, arrivals.NotTaken) as error:
        raise OperatorDown from error


def doctor_sends() -> None:
    """A doctor sends a prescription as IHE_XDM.zip. Raises OperatorDown."""
    try:
        arrivals.doctor_sends(_folder(), timezone.localtime())
    except (TransportFault, arrivals.NotTaken) as error:
        raise OperatorDown from error


def answers() -> bool:
    """Whether the operator takes connections at this moment."""
    try:
        with socket.create_connection((HOST, known_ports(_folder()).imap), timeout=0.5):
            return True
    except OSError:
        return False


def set_down(down: bool) -> None:
    """Let the operator fall or stand up; it has when this returns, unless there is none."""
    write_faults(_folder() / "faults.json", {"down": down})
    deadline = time.monotonic() + PATIENCE
    while answers() is down and time.monotonic() < deadline:
        time.sleep(0.1)


def _folder() -> Path:
    return settings.DEMO_FOLDER / "sandbox"
