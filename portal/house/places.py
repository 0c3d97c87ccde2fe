"""Where the pharmacy is, as a postcode: who is near is found by it."""

from __future__ import annotations

import re

from portal.house.details import details
from tenants.context import current_pharmacy

_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")


def postcode_here() -> str:
    """Of the address that the responsible person wrote, else of the one the pharmacy was opened with; or nothing."""
    written = details()
    for address in (written.address if written else "", current_pharmacy().address):
        found = _POSTCODE.findall(address)
        if found:
            return str(found[-1])
    return ""
