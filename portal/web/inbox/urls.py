"""The paths of the inbox, below /equipe/: French words and UUIDs, never a name or a number of anybody."""

from __future__ import annotations

from django.urls import path, register_converter

from portal.web.inbox import (
    acts,
    at_hand,
    closing,
    composing,
    directory,
    drafting,
    lists,
    noting,
    quarantine,
    reading,
    replying,
    reviewing,
    searching,
    sending,
    submitting,
    versions,
)
from portal.web.inbox.places import ViewConverter

register_converter(ViewConverter, "view")

urlpatterns = [
    path("", lists.inbox_home, name="inbox_home"),
    path("recherche/", searching.search, name="search"),
    path("<view:view>/", lists.inbox_view, name="inbox_view"),
    path("<view:view>/nouveautes/", lists.inbox_news, name="news"),
    path("echange/<uuid:conversation_id>/", reading.conversation, name="conversation"),
    path("echange/<uuid:conversation_id>/suite/", reading.conversation_again, name="conversation_again"),
    path("echange/<uuid:conversation_id>/attribuer/", acts.assign_to, name="assign"),
    path("echange/<uuid:conversation_id>/terminer/", acts.finish_it, name="finish"),
    path("echange/<uuid:conversation_id>/rouvrir/", acts.reopen_it, name="reopen"),
    path("echange/<uuid:conversation_id>/attente/", acts.wait_for, name="wait"),
    path("echange/<uuid:conversation_id>/non-lu/", acts.unread, name="unread"),
    path("echange/<uuid:conversation_id>/repondre/", replying.reply, name="reply"),
    path("echange/<uuid:conversation_id>/main/", versions.take, name="take_pen"),
    path("echange/<uuid:conversation_id>/noter/", noting.add, name="add_note"),
    path("echange/<uuid:conversation_id>/appele/", acts.called, name="called"),
    path("echange/<uuid:conversation_id>/clore/", closing.close_exchange, name="close_exchange"),
    path("piece/<uuid:attachment_id>/", reading.attachment, name="attachment"),
    path("echange/<uuid:conversation_id>/copie/", at_hand.copied, name="copied"),
    path("piece/<uuid:attachment_id>/copie/", at_hand.copied_from, name="copied_from"),
    path("piece/<uuid:attachment_id>/imprimer/", at_hand.printed, name="printed"),
    path("piece/<uuid:attachment_id>/telecharger/", reading.attachment_file, name="attachment_file"),
    path("message/<uuid:message_id>/original/", reading.raw_message, name="raw_message"),
    path("nouveau/", composing.compose, name="compose"),
    path("brouillon/<uuid:draft_id>/", composing.compose_draft, name="compose_draft"),
    path("brouillon/<uuid:draft_id>/enregistrer/", drafting.draft_save, name="draft_save"),
    path("brouillon/<uuid:draft_id>/joindre/", drafting.draft_attach, name="draft_attach"),
    path("brouillon/<uuid:draft_id>/retirer/<uuid:upload_id>/", drafting.draft_detach, name="draft_detach"),
    path("brouillon/<uuid:draft_id>/jeter/", drafting.draft_discard, name="draft_discard"),
    path("brouillon/<uuid:draft_id>/reprendre/", drafting.draft_restore, name="draft_restore"),
    path("brouillon/<uuid:draft_id>/annuaire/", directory.directory, name="directory"),
    path("brouillon/<uuid:draft_id>/envoyer/", composing.send, name="send"),
    path("brouillon/<uuid:draft_id>/modele/", drafting.draft_template, name="draft_template"),
    path("brouillon/<uuid:draft_id>/versions/", versions.draft_versions, name="draft_versions"),
    path("brouillon/<uuid:draft_id>/versions/<uuid:version_id>/", versions.draft_revert, name="draft_revert"),
    path("brouillon/<uuid:draft_id>/soumettre/", submitting.submit, name="submit"),
    path("a-valider/<uuid:draft_id>/", reviewing.submitted, name="submitted"),
    path(
        "a-valider/<uuid:draft_id>/fichier/<uuid:upload_id>/", reviewing.submitted_file, name="submitted_file"
    ),
    path("a-valider/<uuid:draft_id>/envoyer/", reviewing.approve, name="approve"),
    path("a-valider/<uuid:draft_id>/renvoyer/", reviewing.send_back, name="send_back"),
    path("a-valider/<uuid:draft_id>/reprendre/", submitting.take_back, name="take_back"),
    path("envoi/<uuid:delivery_id>/", sending.delivery, name="delivery"),
    path("envoi/<uuid:delivery_id>/annuler/", sending.undo, name="undo"),
    path("envoi/<uuid:delivery_id>/recrire/", sending.rewrite, name="rewrite"),
    path("envoi/<uuid:delivery_id>/decider/", sending.resolve_uncertain, name="resolve_uncertain"),
    path("illisible/<uuid:raw_id>/", quarantine.quarantined, name="quarantined"),
    path("illisible/<uuid:raw_id>/telecharger/", quarantine.quarantined_file, name="quarantined_file"),
    path("illisible/<uuid:raw_id>/relire/", quarantine.quarantine_replay, name="quarantine_replay"),
    path("illisible/<uuid:raw_id>/ecarter/", quarantine.quarantine_dismiss, name="quarantine_dismiss"),
]
