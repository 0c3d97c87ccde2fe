"""Template filters: moments, sizes and INS as a French pharmacist writes them, and the icons."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from itertools import pairwise
from unicodedata import normalize
from uuid import UUID
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.web.paths import path

register = template.Library()

PARIS = ZoneInfo("Europe/Paris")
NO_BREAK = "\N{NO-BREAK SPACE}"
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
SHORT_MONTHS = (
    *("janv.", "févr.", "mars", "avr.", "mai", "juin"),
    *("juil.", "août", "sept.", "oct.", "nov.", "déc."),
)
INS_GROUPS = (1, 3, 5, 7, 10, 13)


def short_moment(moment: datetime, now: datetime) -> str:
    """For a list: « 9:42 » today, « hier », « demain », « 12 nov. » this year, « 12/11/2025 » another."""
    local, today = moment.astimezone(PARIS), now.astimezone(PARIS).date()
    match (today - local.date()).days:
        case 0:
            return clock(local)
        case 1:
            return "hier"
        case -1:
            return "demain"
    if local.year == today.year:
        return f"{local.day}{NO_BREAK}{SHORT_MONTHS[local.month - 1]}"
    return f"{local:%d/%m/%Y}"


def full_moment(moment: datetime, now: datetime) -> str:
    """For a sentence: « à 9:42 » today, « hier à 18:05 », « le 12 nov. à 9:42 », « lundi 30 nov. à 8:30 » to come."""
    local, today = moment.astimezone(PARIS), now.astimezone(PARIS).date()
    at = f"à{NO_BREAK}{clock(local)}"
    return at if local.date() == today else f"{_on_day(local.date(), today)} {at}"


def coming_moment(moment: datetime, now: datetime) -> str:
    """For what is ahead: « à 18:00 » today, « demain à 8:30 », « lundi à 8:30 », « le 12 déc. à 8:30 »."""
    local, today = moment.astimezone(PARIS), now.astimezone(PARIS).date()
    days = (local.date() - today).days
    at = f"à{NO_BREAK}{clock(local)}"
    if days == 0:
        return at
    if days == 1:
        return f"demain {at}"
    return f"{DAYS[local.weekday()] if 1 < days < 7 else _on_day(local.date(), today)} {at}"


def day_name(moment: datetime, now: datetime) -> str:
    """For the line between two days: « Aujourd'hui », « Hier », « Vendredi 21 novembre »."""
    local, today = moment.astimezone(PARIS).date(), now.astimezone(PARIS).date()
    match (today - local).days:
        case 0:
            return "Aujourd’hui"
        case 1:
            return "Hier"
    year = "" if local.year == today.year else f" {local.year}"
    first = "1er" if local.day == 1 else str(local.day)
    return f"{DAYS[local.weekday()].capitalize()} {first}{NO_BREAK}{MONTHS[local.month - 1]}{year}"


def _on_day(day: date, today: date) -> str:
    ago = (today - day).days
    if ago in (1, -1):
        return "hier" if ago == 1 else "demain"
    year = "" if day.year == today.year else f" {day.year}"
    if ago < 0:
        return f"{DAYS[day.weekday()]} {day.day}{NO_BREAK}{SHORT_MONTHS[day.month - 1]}{year}"
    return f"le {day.day}{NO_BREAK}{SHORT_MONTHS[day.month - 1]}{year}"


@register.simple_tag
def url(name: str, *arguments: object) -> str:
    """Django's own, without asking it again where every argument is an id (portal/web/paths.py)."""
    ids = [each for each in arguments if isinstance(each, UUID)]
    return path(name, *ids) if len(ids) == len(arguments) else reverse(name, args=arguments)


@register.filter
def when(moment: datetime) -> str:
    """`short_moment` as of now."""
    return short_moment(moment, timezone.now())


@register.filter
def coming(moment: datetime) -> str:
    """`coming_moment` as of now."""
    return coming_moment(moment, timezone.now())


@register.filter
def at(moment: datetime) -> str:
    """`full_moment` as of now."""
    return full_moment(moment, timezone.now())


@register.filter
def since(moment: datetime) -> str:
    """`at`, after « depuis »: « 9:42 », « hier à 18:05 »."""
    return at(moment).removeprefix(f"à{NO_BREAK}")


@register.filter
def day(moment: datetime) -> str:
    """`day_name` as of now."""
    return day_name(moment, timezone.now())


@register.filter
def clock(moment: datetime) -> str:
    """« 9:42 », in Paris."""
    local = moment.astimezone(PARIS)
    return f"{local.hour}:{local.minute:02}"


@register.filter
def machine(moment: datetime) -> str:
    """ISO 8601 with offset, for `<time datetime>`."""
    return moment.astimezone(PARIS).isoformat(timespec="seconds")


@register.filter
def ins(matricule: str) -> str:
    """The 13 or 15 digits in the groups of the carte Vitale: « 2 62 03 58 194 018 44 »."""
    bounds = (0, *INS_GROUPS, len(matricule))
    parts = (matricule[start:end] for start, end in pairwise(bounds))
    return NO_BREAK.join(part for part in parts if part)


@register.filter
def weight(size: int) -> str:
    """Bytes as « 340 Ko » or « 1,2 Mo » (decimal units, as file managers in French)."""
    if size < 1_000:
        return f"{size}{NO_BREAK}octets"
    if size < 999_500:
        return f"{round(size / 1_000)}{NO_BREAK}Ko"
    return f"{size / 1_000_000:.1f}{NO_BREAK}Mo".replace(".", ",")


@register.filter
def peek(text: str, letters: int) -> str:
    """The beginning of a text, without marks; `truncatechars` walks it letter by letter."""
    text = normalize("NFC", str(text))
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


@register.simple_tag(name="static")
@cache
def static_path(name: str) -> str:
    """Django's own, which asks the manifest anew for each of the thirty files that a page names."""
    return static(name)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """One drawing of icons.svg; it repeats the words beside it, so that screen readers pass over it.

    A list holds about sixty: each is looked up in the manifest once for this process.
    """
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static_path("icons.svg"),
        name,
    )
