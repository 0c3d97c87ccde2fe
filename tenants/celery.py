"""Run a task inside its pharmacy; refuse one that has none."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from celery import Task

from tenants.context import NoPharmacy, current_pharmacy, inside, leave
from tenants.models import Pharmacy
from tenants.wakeups import rest

HEADER = "pharmacy"
WAKEUP = "wakeup"

if TYPE_CHECKING:
    BaseTask = Task[Any, Any]
else:
    BaseTask = Task  # generic in its types only


class PharmacyTask(BaseTask):
    """A task that belongs to one pharmacy, carried in a header.

    Published inside a pharmacy it takes that one along; elsewhere the caller must name it in the header.
    It runs with the database connection inside the pharmacy, and leaves it whatever happens.

    Raises:
        NoPharmacy: at publish and at run, when there is no pharmacy.
    """

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, *more: Any, **options: Any) -> Any:
        headers = dict(options.pop("headers", None) or {})
        if HEADER not in headers:  # the clock names each pharmacy, and is in none
            headers[HEADER] = str(current_pharmacy().id)
        return super().apply_async(args, kwargs, *more, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        leave()
        pharmacy = _pharmacy_named(self._header(HEADER))
        if pharmacy is None:
            return None  # suspended or removed since: its rows wait
        try:
            with inside(pharmacy):
                result = super().__call__(*args, **kwargs)
                self._give_claim_back()
                return result
        finally:
            leave()

    def _give_claim_back(self) -> None:
        claim = self._header(WAKEUP)
        if isinstance(claim, str):
            what, claimed = claim.split(" ", 1)
            rest(what, datetime.fromisoformat(claimed))

    def _header(self, name: str) -> object:
        # From a broker our headers are attributes of the request; run in place they stay under `headers`.
        return getattr(self.request, name, None) or (self.request.headers or {}).get(name)


def _pharmacy_named(pharmacy_id: object) -> Pharmacy | None:
    if not isinstance(pharmacy_id, str):
        raise NoPharmacy("a task came without its pharmacy")
    pharmacy = Pharmacy.objects.filter(id=UUID(pharmacy_id)).first()
    if pharmacy is None:
        raise NoPharmacy("a task came for a pharmacy that does not exist")
    return pharmacy if pharmacy.served else None
