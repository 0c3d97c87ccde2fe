"""The list of commands (Ctrl+K): what this person may do on this screen, and where she may go. No word of a patient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.conversations.models import Conversation, ConversationKind, ConversationState
from portal.team.models import User
from portal.team.policy import Permission, allows
from portal.web.access import requires
from portal.web.inbox.answers import fragment, in_shell
from portal.web.inbox.conversation import block_url, close_url, join_url
from portal.web.inbox.doors import conversation_for
from portal.web.inbox.label_cards import links
from portal.web.inbox.model_cards import choices_for
from portal.web.inbox.people import choices
from portal.web.inbox.places import PLACES, TO_DO
from portal.web.requests import StaffRequest, is_htmx

FROM_ANYWHERE = (Permission.INVITE, Permission.MANAGE_TEAM)

MINE = (
    ("Mon accès", "my_access", "code PIN clé téléphone mot de passe"),
    ("Mes alertes", "my_alerts", "prévenir SMS e-mail"),
    ("Mes absences", "my_absences", "congé vacances repos"),
    ("Ma signature", "my_signature", "signer nom"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """One line. It leads to `url`, does what the single letter `key` does, or presses what `press` selects on the page.

    `words` are other words by which it is found.
    """

    label: str
    icon: str
    url: str = ""
    key: str = ""
    press: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    commands: tuple[Command, ...]


class HereForm(forms.Form):
    echange = forms.UUIDField(required=False)


@requires(Permission.READ)
@require_safe
def palette(request: StaffRequest) -> HttpResponse:
    """For htmx the dialog; else a page with what is a link."""
    form = HereForm(request.GET)
    if not form.is_valid():
        raise Http404
    me, opened = request.user, form.cleaned_data["echange"]
    groups = tuple(group for group in _groups(me, opened) if group.commands)
    if is_htmx(request):
        return fragment(request, "inbox/_palette.html", {"groups": groups})
    return in_shell(request, "inbox/palette.html", {"groups": groups}, place=TO_DO)


def _groups(me: User, opened: UUID | None) -> Iterator[Group]:
    if opened:
        conversation = conversation_for(me, opened)
        yield Group("Cette conversation", tuple(_on(conversation, me)))
        yield Group("Confier la conversation", tuple(_give(conversation, me)))
        yield Group("Répondre avec un modèle", tuple(_models(conversation, me)))
    yield Group("Aller à", tuple(_places(me)))
    yield Group("Cet écran", tuple(_screen()))


def _on(conversation: Conversation, me: User) -> Iterator[Command]:
    pk, done = conversation.pk, conversation.state == ConversationState.DONE
    if allows(me, Permission.REPLY) and not done:
        yield Command("Répondre", "reply", key="r", words="écrire message")
    if allows(me, Permission.NOTE):
        yield Command("Écrire une note interne", "square-pen", key="n")
    if allows(me, Permission.FINISH):
        if done:
            yield Command("Rouvrir", "undo-2", press=".finished form .btn")
        else:
            yield Command("Terminer", "check", key="e", words="ranger archiver")
    if allows(me, Permission.WAIT) and not done:
        yield Command(
            "Mettre en attente", "clock", press="#wait > summary", words="plus tard attendre rappel"
        )
    if allows(me, Permission.LABEL):
        yield Command("Étiqueter", "tag", key="l", words="étiquette classer")
    yield Command("Marquer comme non lu pour moi", "eye-off", key="u")
    if url := join_url(conversation, me):
        yield Command("Réunir avec un autre échange", "merge", url=url, words="fusionner joindre séparer")
    if url := block_url(conversation, me):
        label = "Débloquer l’expéditeur" if conversation.blocked else "Bloquer l’expéditeur"
        yield Command(label, "ban", url=url, words="indésirable publicité spam")
    if url := close_url(conversation, me):
        yield Command("Clore l’échange avec le patient", "lock", url=url)
    yield Command("Imprimer la conversation", "printer", press="#keep [data-print]", words="papier")
    yield Command(
        "Garder en PDF", "file-text", url=reverse("conversation_pdf", args=[pk]), words="télécharger exporter"
    )
    if conversation.attachment_count:
        yield Command(
            "Garder toutes les pièces jointes (.zip)",
            "folder-archive",
            url=reverse("all_files", args=[pk]),
            words="télécharger fichiers",
        )
        yield Command(
            "Voir la pièce jointe en grand", "maximize-2", key="v", words="agrandir ordonnance image"
        )


def _give(conversation: Conversation, me: User) -> Iterator[Command]:
    """To whoever works today and has it not yet."""
    if conversation.mailbox.owner_id is not None or not allows(me, Permission.ASSIGN):
        return
    team = User.objects.filter(active=True)
    for person in choices(team, me=me.pk, assigned=conversation.assignees):
        if person.is_assigned or (person.away and not person.is_me):
            continue
        label = "Je m’en charge" if person.is_me else f"Confier à {person.name}"
        press = f'#assign [name="person"][value="{person.id}"]'
        yield Command(label, "user-plus", press=press, words=f"attribuer {person.role}")


def _models(conversation: Conversation, me: User) -> Iterator[Command]:
    answered = (
        conversation.kind != ConversationKind.PROFESSIONAL and conversation.state != ConversationState.DONE
    )
    if not answered or not allows(me, Permission.REPLY):
        return
    for model in choices_for(me):
        press = f'#models [name="choose"][value="{model.id}"]'
        yield Command(model.name, "file-text", press=press, words="modèle réponse")


def _places(me: User) -> Iterator[Command]:
    for place in PLACES.values():
        yield Command(place.label, "inbox", url=place.url, words="vue liste")
    for each in links():
        yield Command(each.chip.label, "tag", url=each.url, words="étiquette vue liste")
    yield Command("Relève", "arrow-left-right", url=reverse("handover"), words="passer la main départ signer")
    if allows(me, Permission.COMPOSE):
        yield Command("Nouveau message", "square-pen", url=reverse("compose"), words="écrire")
    if all(allows(me, permission) for permission in FROM_ANYWHERE):
        yield Command("Console", "settings-2", url=reverse("console_team"), words="équipe réglages")
        for person in User.objects.filter(active=True).exclude(pk=me.pk).order_by("display_name"):
            label = f"{person.display_name}, dans l’équipe"
            yield Command(label, "user", url=reverse("console_person", args=[person.pk]), words="collègue")
    for own, name, words in MINE:
        yield Command(own, "user", url=reverse(name), words=words)
    yield Command("Aide", "info", url=reverse("help_home"))


def _screen() -> Iterator[Command]:
    yield Command("Chercher", "search", key="/", words="recherche patient référence")
    yield Command("Raccourcis clavier", "keyboard", key="?", words="touches aide")
