"""The views of the inbox, as the left column shows them."""

from __future__ import annotations

from dataclasses import dataclass

VIEW_ICONS = {
    "a-traiter": "inbox",
    "notifications": "bell",
    "a-moi": "user",
    "non-attribues": "users",
    "en-attente": "clock",
    "a-valider": "eye",
    "ordonnances": "pill",
    "envoyes": "send",
    "termines": "circle-check",
    "etiquettes": "tag",
    "quarantaine": "shield-alert",
    "bloques": "ban",
}
RARE_VIEWS = {"envoyes", "non-attribues", "en-attente", "termines", "etiquettes", "quarantaine", "bloques"}


@dataclass(frozen=True, slots=True)
class NavItem:
    """A view in the left column; `view` is the slug of `inbox_view`, `alarm` draws the count in amber."""

    view: str
    label: str
    url: str
    count: int = 0
    current: bool = False
    alarm: bool = False

    @property
    def icon(self) -> str:
        """Its name in icons.svg."""
        return VIEW_ICONS[self.view]

    @property
    def bell(self) -> bool:
        """Whether it is known by its drawing, where there is no room for its word."""
        return self.view == "notifications"

    @property
    def rare(self) -> bool:
        """Whether it is in the menu only, where there is room for four."""
        return self.view in RARE_VIEWS
