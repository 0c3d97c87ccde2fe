"""The pharmacies of the demonstration, their people, and what each of them shows best."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from portal.conversations.models import Conversation, ConversationState
from portal.team.models import Role, TotpDevice, User
from portal.web.account.people import initials_of
from portal.web.demo.cards import HouseCard, PersonCard
from portal.web.demo.tickets import origin_of, way_in
from portal.web.seeding import GARE, SOLEIL, DemoPharmacy
from tenants.context import inside
from tenants.models import Pharmacy

SHOWS = {
    "nadia": "Responsable de la BAL\u00a0: elle a la console",
    "claire": "Contrôle les ordonnances, écrit aux médecins",
    "karim": "Prend en charge, prépare, remet",
    "lea": "Prépare, mais ne contrôle pas",
    "hugo": "Ne voit rien de ce qui est au Soleil",
    "ines": "Prépare à la Gare",
}
FORM = "request_form"


def open_houses() -> tuple[tuple[DemoPharmacy, Pharmacy], ...]:
    """Both pharmacies, as they were wanted and as they are."""
    found = {each.finess: each for each in Pharmacy.objects.filter(finess__in=[SOLEIL.finess, GARE.finess])}
    return tuple((wanted, found[wanted.finess]) for wanted in (SOLEIL, GARE))


def house_card(request: HttpRequest, wanted: DemoPharmacy, pharmacy: Pharmacy) -> HouseCard:
    origin = origin_of(request, wanted.host)
    with inside(pharmacy):
        people = tuple(_person(origin, pharmacy, user) for user in _cast(wanted))
        to_do = Conversation.objects.filter(state=ConversationState.OPEN).count()
    form = _form_path()
    return HouseCard(
        name=pharmacy.name,
        address=pharmacy.address,
        to_do=to_do,
        public_url=f"{origin}/",
        form_url=f"{origin}{form}" if form else "",
        people=people,
    )


def _cast(wanted: DemoPharmacy) -> list[User]:
    """Those the demonstration came with who can still come in, in their order."""
    names = [name for name, _, _ in wanted.people]
    phone = TotpDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
    found = User.objects.filter(Exists(phone), sign_in_name__in=names, active=True)
    today = timezone.localdate()
    able = (each for each in found if each.in_service(today))
    return sorted(able, key=lambda each: names.index(each.sign_in_name))


def _person(origin: str, pharmacy: Pharmacy, user: User) -> PersonCard:
    return PersonCard(
        name=user.display_name,
        initials=initials_of(user.display_name),
        role=Role(user.role).label,
        shows=SHOWS[user.sign_in_name],
        way=way_in(origin, pharmacy.id, user.sign_in_name),
    )


def _form_path() -> str:
    """Where patients send a prescription, empty where that is not there."""
    try:
        return reverse(FORM, urlconf=settings.ROOT_URLCONF)
    except NoReverseMatch:
        return ""
