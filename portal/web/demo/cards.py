"""What the templates of the demonstration show: plain values.

=====================================  ==================================================================
template                               context
=====================================  ==================================================================
`demo/home.html`                       `houses: HouseCard`s, `steps: StepCard`s, `start: Way`, `acts: ActCard`s,
                                       `told: Told | None`, `password`
`demo/_tour.html`                      `tour: TourCard` (context processor, during the tour alone)
`demo/_tour_state.html`                `state: TourState`
=====================================  ==================================================================
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """A form that signs somebody in at a pharmacy: where it posts, and what it carries."""

    action: str
    ticket: str
    tour: int = 0
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class PersonCard:
    """Somebody to sign in as, and what she shows best."""

    name: str
    initials: str
    role: str
    shows: str
    way: Way


@dataclass(frozen=True, slots=True)
class HouseCard:
    """A pharmacy of the demonstration; `form_url` is empty while it takes no form."""

    name: str
    address: str
    to_do: int
    public_url: str
    form_url: str
    people: tuple[PersonCard, ...]


@dataclass(frozen=True, slots=True)
class StepCard:
    """A step of the tour as the front page lists it."""

    title: str
    who: str


@dataclass(frozen=True, slots=True)
class ActCard:
    """A button that makes something happen at the stand-in operator."""

    url: str
    label: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a button did; `look` signs in `who` sees it best."""

    good: bool
    title: str
    text: str
    who: str = ""
    look: Way | None = None


@dataclass(frozen=True, slots=True)
class TourCard:
    """The step one is at; `onward` leads to the next one, None after the last."""

    number: int
    total: int
    who: str
    title: str
    todo: str
    look: str
    onward: Way | None
    onward_label: str


@dataclass(frozen=True, slots=True)
class TourState:
    """Whether what the step asks for is done; `link` is where to go on, if anywhere."""

    done: bool
    text: str
    link: str = ""
    link_label: str = ""
