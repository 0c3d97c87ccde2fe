"""Every write of the public form."""

from __future__ import annotations

from portal.intake.opening import NoMailbox, NoticeMissing, close_form, open_form, write_notice
from portal.intake.submitting import Declared, FormClosed, NoPages, NoticeChanged, submit
from portal.intake.tracking import Locked, TooLate, append_page, cancel
from portal.intake.uploads import NoSuchRequest, add_page, begin, remove_page

__all__ = [
    "Declared",
    "FormClosed",
    "Locked",
    "NoMailbox",
    "NoPages",
    "NoSuchRequest",
    "NoticeChanged",
    "NoticeMissing",
    "TooLate",
    "add_page",
    "append_page",
    "begin",
    "cancel",
    "close_form",
    "open_form",
    "remove_page",
    "submit",
    "write_notice",
]
