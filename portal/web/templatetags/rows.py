"""The line of a list and its chips: drawn in Python, for a page has fifty of them (adr/0023)."""

from __future__ import annotations

from html import escape

from django import template
from django.utils.safestring import SafeString

from portal.web.inbox.cards import Chip, Row
from portal.web.templatetags.officinal import icon, machine, when

register = template.Library()

LINE = """
<div class="line" id="line-{id}"{swap}>
{pick}
<a class="row{look}" id="row-{id}" href="{url}"
 {opens}{current}>
  <span class="avatar avatar-{kind}" aria-hidden="true">{initials}</span>
  <span class="row-who">{who}</span>
  <time class="row-when" datetime="{machine}">{when}</time>
  <span class="row-what"><span class="row-subject">{subject}</span>{snippet}</span>
  {chips}
  {said}
</a>
</div>
"""
PICK = (
    '<label class="pick"><input type="checkbox" form="bulk" name="row" value="{id}.{version}">'
    '<span class="visually-hidden">Choisir {who}</span></label>'
)
OPENS = ' hx-get="{url}" hx-target="#pane" hx-push-url="true"'
SNIPPET = " · {snippet}"
CHIPS = '<span class="row-chips">{chips}</span>'
CHIP = '<span class="chip{tone}">{icon}{label}</span>\n'
SWAP, CURRENT = SafeString(' hx-swap-oob="true"'), SafeString(' aria-current="true"')
UNREAD = SafeString('<span class="visually-hidden">Non lu par vous</span>')
UNTOUCHED = SafeString('<span class="visually-hidden">Personne ne l’a lu</span>')


@register.simple_tag
def line(row: Row, ticks: bool = False, refresh: bool = False) -> SafeString:
    """`ticks`: with a box to choose it by; `refresh`: instead of the one that the page shows."""
    id = str(row.conversation_id)
    return _filled(
        LINE,
        id=id,
        swap=SWAP if refresh else "",
        pick=_filled(PICK, id=id, version=str(row.version), who=row.who) if ticks and row.version else "",
        look=(" unread" if row.unread else "") + (" untouched" if row.untouched else ""),
        url=row.url,
        opens=_filled(OPENS, url=row.url) if row.in_place else "",
        current=CURRENT if row.current else "",
        kind=row.kind,
        initials=row.initials,
        who=row.who,
        machine=machine(row.at),
        when=when(row.at),
        subject=row.subject,
        snippet=_filled(SNIPPET, snippet=row.snippet) if row.snippet else "",
        chips=_filled(CHIPS, chips=SafeString("".join(map(chip, row.chips)))) if row.chips else "",
        said=UNTOUCHED if row.untouched else UNREAD if row.unread else "",
    )


@register.simple_tag
def chip(chip: Chip) -> SafeString:
    tone = "" if chip.tone == "plain" else f" chip-{chip.tone}"
    return _filled(CHIP, tone=tone, icon=icon(chip.icon) if chip.icon else "", label=chip.label)


def _filled(shape: str, **parts: str) -> SafeString:
    """As `format_html`, which takes four times as long, for a text may be a translation that waits."""
    written = {
        name: part.__html__() if hasattr(part, "__html__") else escape(part) for name, part in parts.items()
    }
    return SafeString(shape.format_map(written))
