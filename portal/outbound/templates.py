"""Keep the templates: written in the console, used once a pharmacist approved them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.audit.actions import record
from portal.audit.events import Event
from portal.lib.prepared import prepared
from portal.lib.text import one_line
from portal.outbound.aside import free_from
from portal.outbound.blanks import BadTemplate, check_template
from portal.outbound.models import ReplyTemplate
from portal.team.models import User
from portal.team.policy import Permission, allows

LONGEST_NAME, LONGEST_TEXT = 60, 2000
MOST_TEMPLATES = 100
NO_NAME = "Donnez un nom à ce modèle."
TOO_LONG = f"Ce modèle est trop long : {LONGEST_TEXT} caractères au plus."
TOO_MANY = f"Pas plus de {MOST_TEMPLATES} modèles."


class StaleTemplate(Exception):
    """Somebody changed or deleted it meanwhile: nothing was written."""


class NoSuchTemplate(Exception):
    """There is none, or it is not approved (any more): this person may not answer with it."""


class NotAPharmacist(Exception):
    """Only a pharmacist approves a template."""


def templates_for(user: User) -> list[ReplyTemplate]:
    """Those this person may answer with, by name: a pharmacist any, the others what was approved."""
    return _templates(allows(user, Permission.APPROVE))


@prepared
def _templates(every: bool) -> QuerySet[ReplyTemplate]:
    found = ReplyTemplate.objects.order_by("name", "pk")
    return found if every else found.filter(approved_at__isnull=False)


def template_for(user: User, template_id: UUID) -> ReplyTemplate:
    """The only door for who answers. Raises NoSuchTemplate."""
    found = next((each for each in templates_for(user) if each.pk == template_id), None)
    if found is None:
        raise NoSuchTemplate(template_id)
    return found


def save_template(template_id: UUID, *, name: str, text: str, version: int, by: User) -> ReplyTemplate:
    """Write a template, new where `version` is 0. A pharmacist's words are approved by it, anybody else's are not yet.

    Raises:
        BadTemplate: with the reason, in French.
        StaleTemplate: see there.
    """
    name, text = one_line(name, LONGEST_NAME), check_template(text)
    if not name:
        raise BadTemplate(NO_NAME)
    if len(text) > LONGEST_TEXT:
        raise BadTemplate(TOO_LONG)
    with transaction.atomic():
        kept = _held(template_id, version)
        approved = by.is_pharmacist
        kept.name, kept.text, kept.version = name, text, version + 1
        kept.approved_by, kept.approved_at = (by, timezone.now()) if approved else (None, None)
        kept.save()
        detail = f"version={kept.version} approved={'yes' if approved else 'no'}"
        record(Event.TEMPLATE_CHANGE, by=by, on=("template", kept.pk), detail=detail)
    return kept


def approve_templates(seen: Iterable[tuple[UUID, int]], *, by: User) -> None:
    """Approve these templates, each in the version that was read: all or none.

    Raises:
        NotAPharmacist, StaleTemplate: see there.
    """
    if not by.is_pharmacist:
        raise NotAPharmacist
    with transaction.atomic():
        held = [_held(template_id, version) for template_id, version in sorted(seen)]
        now = timezone.now()
        for template in held:
            template.approved_by, template.approved_at = by, now
            template.save(update_fields=["approved_by", "approved_at", "updated_at"])
        for template in held:
            detail = f"version={template.version}"
            record(Event.TEMPLATE_APPROVE, by=by, on=("template", template.pk), detail=detail)


def delete_template(template_id: UUID, *, version: int, by: User) -> None:
    """A draft that has its words keeps them, as free ones. Raises StaleTemplate."""
    with transaction.atomic():
        free_from(template_id)  # before the template is held: who fills one in holds the draft first
        _held(template_id, version).delete()
        record(Event.TEMPLATE_DELETE, by=by, on=("template", template_id))


def _held(template_id: UUID, version: int) -> ReplyTemplate:
    found = ReplyTemplate.objects.select_for_update().filter(pk=template_id).first()
    if found is None and version == 0:
        if ReplyTemplate.objects.count() >= MOST_TEMPLATES:
            raise BadTemplate(TOO_MANY)
        return ReplyTemplate(id=template_id)
    if found is None or found.version != version:
        raise StaleTemplate(template_id)
    return found
