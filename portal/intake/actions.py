"""Every write of the public form."""

from __future__ import annotations

from portal.intake.opening import NoMailbox, NoticeMissing, close_form, open_form, write_notice

__all__ = ["NoMailbox", "NoticeMissing", "close_form", "open_form", "write_notice"]
