"""What the account, public and error templates show: frozen cards of plain values.

Every page gets `pharmacy: PharmacyCard` (context processor) and, when signed in, `idle_seconds: int`.

=====================================  ==================================================================
template                               context beside `pharmacy`
=====================================  ==================================================================
`account/sign_in.html`                 `form` (name, password), `demo: DemoCard | None`
`account/second_factor.html`           `form` (code), `demo`, `has_phone`, `has_passkey`
`account/recovery.html`                `form` (code)
`account/enrol_totp.html`              `form` (code), `secret: str` (base32 in groups of four), `may_skip`
`account/recovery_codes.html`          `codes: tuple[str, ...]`
`account/accept_invitation.html`       `form` (name, password, again), `token`, `invited: inbox Person`, `again`
`account/lock.html`                    `form` (password or code), `me: Person`, `next_url`; htmx asks `_unlock.html`
`account/_unlock.html`                 `form`, `me`: the covering dialog's inside; `unlocked: bool` closes it
`account/_here.html`                   `here`: `PersonHere`s who may come back; part of the two above and of sign_in
`account/return.html`                  `form` (pin), `who: PersonHere`, `in_place`, `next_url`; htmx asks `_return.html`
`account/pin.html`                     `form` (pin, again), `digits`, `workstation: str`, `has_pin`, `skip_url`
`account/access.html`                  `me`, `access: AccessCard`
`account/passkey.html`                 `form` (name, passkey), `first`: nobody asked for a second factor yet
`account/_passkey.html`                `challenge_url`: a button that has the browser sign, in any form of the above
`account/signed_out.html`              -
`account/link_gone.html`               -
`public/landing.html`                  `hours`: `HoursLine`s of portal/house
`errors/403|404.html`                  -; `errors/500|503.html` need no context at all, not even `pharmacy`
=====================================  ==================================================================

`form` is a Django form or None; only the values and errors of the named fields are read, not their widgets.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PharmacyCard:
    """The house: its name stands on every page; what is unknown is empty."""

    name: str
    address: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class PersonHere:
    """Who may come back to this workstation with her PIN or passkey; `is_me`: whose screen is locked here."""

    name: str
    initials: str
    role: str
    url: str
    has_pin: bool
    has_passkey: bool
    challenge_url: str
    is_me: bool


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone to sign in as, in demo mode alone: her password is public there."""

    name: str
    initials: str
    role: str
    sign_in_name: str
    password: str


@dataclass(frozen=True, slots=True)
class DemoCard:
    """The demo banner: who can sign in, and the one-time code of the moment (empty before the password)."""

    people: tuple[DemoPerson, ...]
    code: str = ""
