"""The team: the list, and an invitation."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from portal.notices.actions import can_tell
from portal.notices.models import NoticeKind
from portal.team.actions import BadName, NameTaken, invite
from portal.team.models import Role, User
from portal.team.policy import Permission
from portal.team.roster import roster
from portal.web.access import requires
from portal.web.account.invitation import BAD_NAME, TAKEN
from portal.web.console.cards import MemberCard, member_card
from portal.web.console.forms import InviteForm
from portal.web.console.frame import TEAM, page
from portal.web.console.links import hand_over
from portal.web.fresh import fresh_factor
from portal.web.requests import StaffRequest


@requires(Permission.MANAGE_TEAM)
@require_safe
def console_team(request: StaffRequest) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    members = [member_card(each, today) for each in roster(now=now)]
    return page(request, "console/team.html", TEAM, {"members": members, "leaving": _leaving(members)})


def _leaving(members: list[MemberCard]) -> list[MemberCard]:
    return [each for each in members if each.leaves_soon]


@requires(Permission.INVITE)
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_factor
def console_invite(request: StaffRequest) -> HttpResponseBase:
    form = InviteForm(request.POST if request.method == "POST" else None)
    invited = _invited(request, form) if request.method == "POST" else None
    if invited is None:
        chosen = form["role"].value()
        choices = [(value, label, value == chosen) for value, label in Role.choices]
        context = {"form": form, "choices": choices, "can_tell": can_tell()}
        return page(request, "console/invite.html", TEAM, context, status=422 if form.is_bound else 200)
    hand_over(request, *invited, NoticeKind.INVITATION)
    return redirect("console_link")


def _invited(request: StaffRequest, form: InviteForm) -> tuple[User, str] | None:
    """The person and the link's token; None, with the reason in the form, if something is to be changed."""
    if not form.is_valid():
        return None
    typed = form.cleaned_data
    try:
        return invite(
            sign_in_name=typed["sign_in_name"],
            display_name=typed["display_name"],
            role=Role(typed["role"]),
            active_until=typed["last_day"],
            email=typed["email"],
            by=request.user,
            now=timezone.now(),
        )
    except NameTaken:
        form.add_error("sign_in_name", TAKEN)
    except BadName:
        form.add_error("sign_in_name", BAD_NAME)
    return None
