"""Take up an invitation, or a new access after a loss: choose a name and a password."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.team.actions import BadName, LinkGone, NameTaken, accept_invitation
from portal.team.links import find_link
from portal.team.models import AccessLink, LinkPurpose, User
from portal.team.passwords import WeakPassword
from portal.web.access import public
from portal.web.account.entering import enter_half
from portal.web.account.forms import InvitationForm
from portal.web.account.people import person_card
from portal.web.requests import PharmacyRequest

TAKEN = "Ce nom est déjà pris dans l’équipe : ajoutez une lettre ou un point."
BAD_NAME = "Deux lettres au moins, sans accent ni espace : lettres, chiffres, points et tirets."


@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@public
def accept(request: PharmacyRequest, token: str) -> HttpResponseBase:
    link = find_link(token, now=timezone.now())
    if link is None:
        return _gone(request)
    if request.method != "POST":
        return _page(request, InvitationForm(initial={"name": link.user.sign_in_name}), link, token)
    form = InvitationForm(request.POST)
    try:
        user = _accepted(request, form, token)
    except LinkGone:
        return _gone(request)
    if user is None:
        return _page(request, form, link, token, status=422)
    return enter_half(request, user)


def _accepted(request: PharmacyRequest, form: InvitationForm, token: str) -> User | None:
    """The person, in; None, with the reason in the form, if something is to be changed. Raises LinkGone."""
    if not form.is_valid():
        return None
    try:
        return accept_invitation(
            token,
            sign_in_name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
            about=(request.tenant.name,),
            now=timezone.now(),
        )
    except WeakPassword as weakness:
        form.add_error("password", str(weakness))
    except NameTaken:
        form.add_error("name", TAKEN)
    except BadName:
        form.add_error("name", BAD_NAME)
    return None


def _page(
    request: PharmacyRequest, form: InvitationForm, link: AccessLink, token: str, *, status: int = 200
) -> HttpResponse:
    again = link.purpose == LinkPurpose.RESET
    context = {"form": form, "token": token, "invited": person_card(link.user), "again": again}
    return render(request, "account/accept_invitation.html", context, status=status)


def _gone(request: PharmacyRequest) -> HttpResponse:
    """Used, revoked, too old, of another pharmacy, or never made: one answer. (192 bits are not guessed.)"""
    return render(request, "account/link_gone.html", status=404)
