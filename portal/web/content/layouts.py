"""A message as its sender laid it out: his cleaned HTML on white paper, with the pictures of the message itself."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from portal.conversations.models import Attachment, Message
from portal.documents.rendering import Illegible, NoSuchPage
from portal.documents.sniff import Kind
from portal.inbound.originals import original_of
from portal.mail.parsed import Unreadable
from portal.mail.reading import layout_confined
from portal.records.originals import Lost
from portal.web.content import pages
from portal.web.content.opening import is_open

PICTURES = frozenset({Kind.PNG, Kind.JPEG, Kind.HEIC})
MOST_PICTURES, MOST_BYTES = 20, 8 * 1024 * 1024

_PLACE = re.compile(r'<img src="cid:([\d.]+)"')
# Absolute sizes: what lies in each other, however deep, becomes neither tiny nor huge.
STYLE = (
    "html{color-scheme:only light;background:#fff;color:#14211b;font:16px/1.5 system-ui,sans-serif}"
    "body{margin:16px;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}"
    "a{color:#0b6b4c!important;text-decoration:underline!important}"
    "h1{font-size:22px}h2{font-size:20px}h3,h4,h5,h6{font-size:18px}small,sub,sup{font-size:13px}"
    "pre,code,kbd,tt{font-size:15px;white-space:pre-wrap}blockquote{margin:8px 0;padding-left:12px;"
    "border-left:3px solid #c9d3cd}td,th{padding:2px 6px}ul,ol{padding-left:24px}"
    ".target{font-size:14px;color:#4a5a52}.said{margin:0 0 16px;padding:8px 12px;border:1px solid #d9b96a;"
    "border-radius:8px;background:#fff2d0;color:#7a4f00}"
)
STYLE_HASH = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
ONE_REMOTE = "Une image n’est pas affichée : elle serait chargée depuis un autre serveur."
MORE_REMOTE = "{} images ne sont pas affichées : elles seraient chargées depuis d’autres serveurs."
NOT_SHOWN = {
    "layout-too-long": "Cette mise en page est trop longue pour être affichée. Lisez le texte du message.",
    "no-layout": "Ce message n’a pas de mise en page. Lisez son texte.",
}
TOO_MUCH = "Cette mise en page est trop complexe pour être affichée. Lisez le texte du message."


@dataclass(frozen=True, slots=True)
class Shown:
    """The HTML to put on the page, and what one must know of it."""

    html: str = ""
    remark: str = ""


def shown(message: Message) -> Shown:
    """The cleaned HTML of a received message.

    Raises:
        ChildUnavailable: later perhaps.
        NoOriginal, Unopenable, BlobMissing: as `original_of`.
    """
    try:
        layout = layout_confined(original_of(message))
    except Unreadable as error:
        return Shown(remark=NOT_SHOWN.get(error.reason, TOO_MUCH))
    remark = ONE_REMOTE if layout.remote == 1 else MORE_REMOTE.format(layout.remote) if layout.remote else ""
    return Shown(_with_pictures(layout.html, _drawn(message, layout.parts)), remark)


def page(letter: Shown) -> str:
    """The whole document. Its head is ours; the body was cleaned in the confined child."""
    said = f'<p class="said">{letter.remark}</p>' if letter.remark else ""
    return (
        '<!doctype html><html lang="fr"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        '<meta name="viewport" content="width=device-width"><title>Version mise en page</title>'
        f"<style>{STYLE}</style></head><body>{said}{letter.html}</body></html>"
    )


def _drawn(message: Message, parts: tuple[str, ...]) -> dict[str, str]:
    """The pictures of these parts that may be seen, as data: the page asks for nothing."""
    files = Attachment.objects.filter(message=message, part__in=parts[:MOST_PICTURES])
    found: dict[str, str] = {}
    room = MOST_BYTES
    for file in files:
        jpeg = _picture(file)
        if jpeg and len(jpeg) <= room:
            room -= len(jpeg)
            found[file.part] = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return found


def _picture(file: Attachment) -> bytes:
    """Drawn by us; nothing for what is shut, or no picture."""
    if Kind(file.kind) not in PICTURES or not is_open(file):
        return b""
    try:
        return pages.picture(file, 0)
    except (Illegible, NoSuchPage, Lost):
        return b""


def _with_pictures(html: str, drawn: dict[str, str]) -> str:
    return _PLACE.sub(lambda found: f'<img src="{drawn[found[1]]}"' if found[1] in drawn else "<img", html)
