"""Who may call which address: an address that is not in here fails the tests."""

from __future__ import annotations

from portal.team.policy import Permission
from portal.web.access import Access, Stage

PUBLIC = Access(Stage.ANYBODY)
PRESENT = Access(Stage.PRESENT, keeps_awake=False)
ENTERING = Access(Stage.ENTERING)
MEMBER = Access(Stage.MEMBER)


def needs(*permissions: Permission) -> Access:
    return Access(Stage.MEMBER, frozenset(permissions))


# The hosts of a pharmacy: by the name of the URL.
TEAM_HOST = {
    "landing": PUBLIC,
    "accent_css": PUBLIC,
    "help_home": PUBLIC,
    "help_page": PUBLIC,
    "request_form": PUBLIC,
    "request_pages": PUBLIC,
    "request_received": PUBLIC,
    "request_track": PUBLIC,
    "request_track_page": PUBLIC,
    "request_cancel": PUBLIC,
    "request_leave": PUBLIC,
    "sign_in": PUBLIC,
    "accept_invitation": PUBLIC,
    "return_as": PUBLIC,  # nothing but 404 away from an enrolled workstation
    "my_access": MEMBER,
    "choose_pin": MEMBER,
    "drop_pin": MEMBER,
    "sign_out": PRESENT,
    "lock": PRESENT,
    "unlock": PRESENT,
    "second_factor": ENTERING,
    "recovery": ENTERING,
    "enrol_totp": ENTERING,
    "totp_qr": ENTERING,
    "recovery_codes": MEMBER,
    "events": needs(Permission.READ),
    "here": needs(Permission.READ),
    "inbox_home": needs(Permission.READ),
    "inbox_view": needs(Permission.READ),
    "search": needs(Permission.READ),
    "news": needs(Permission.READ),
    "conversation": needs(Permission.READ),
    "conversation_again": needs(Permission.READ),
    "attachment": needs(Permission.READ),
    "attachment_file": needs(Permission.READ),
    "raw_message": needs(Permission.DOWNLOAD_ORIGINAL),
    "assign": needs(Permission.ASSIGN),
    "finish": needs(Permission.FINISH),
    "reopen": needs(Permission.FINISH),
    "wait": needs(Permission.WAIT),
    "unread": needs(Permission.READ),
    "reply": needs(Permission.REPLY, Permission.SEND_TEMPLATE),
    "add_note": needs(Permission.NOTE),
    "called": needs(Permission.REPLY),
    "close_exchange": needs(Permission.CLOSE_EXCHANGE, Permission.SEND),
    "copied": needs(Permission.READ),
    "copied_from": needs(Permission.READ),
    "printed": needs(Permission.READ),
    "take_pen": needs(Permission.REPLY),
    "draft_versions": needs(Permission.REPLY),
    "draft_revert": needs(Permission.REPLY),
    "compose": needs(Permission.COMPOSE),
    "compose_draft": needs(Permission.COMPOSE),
    "draft_save": needs(Permission.REPLY),
    "draft_attach": needs(Permission.REPLY),
    "draft_detach": needs(Permission.REPLY),
    "draft_discard": needs(Permission.REPLY),
    "draft_restore": needs(Permission.REPLY),
    "directory": needs(Permission.COMPOSE),
    "send": needs(Permission.SEND),
    "draft_template": needs(Permission.REPLY),
    "submit": needs(Permission.SUBMIT),
    "submitted": needs(Permission.READ),
    "submitted_file": needs(Permission.READ),
    "approve": needs(Permission.APPROVE),
    "send_back": needs(Permission.APPROVE),
    "take_back": needs(Permission.REPLY),
    "delivery": needs(Permission.READ),
    "undo": needs(Permission.SEND_TEMPLATE),
    "rewrite": needs(Permission.SEND_TEMPLATE),
    "resolve_uncertain": needs(Permission.RESOLVE_UNCERTAIN),
    "prescription_open": needs(Permission.PREPARE),
    "prescription_step": needs(Permission.PREPARE),
    "quarantined": needs(Permission.READ),
    "quarantined_file": needs(Permission.DOWNLOAD_ORIGINAL),
    "quarantine_replay": needs(Permission.READ),
    "quarantine_dismiss": needs(Permission.DISMISS_QUARANTINE),
    "console_home": needs(Permission.MANAGE_TEAM),
    "console_start": needs(Permission.MANAGE_MAILBOX, Permission.MANAGE_PHARMACY),
    "console_start_trial": needs(Permission.MANAGE_MAILBOX, Permission.SEND),
    "console_details": needs(Permission.MANAGE_PHARMACY),
    "console_team": needs(Permission.MANAGE_TEAM),
    "console_invite": needs(Permission.INVITE),
    "console_link": needs(Permission.INVITE),
    "console_link_qr": needs(Permission.INVITE),
    "console_person": needs(Permission.MANAGE_TEAM),
    "console_role": needs(Permission.MANAGE_TEAM),
    "console_last_day": needs(Permission.MANAGE_TEAM),
    "console_email": needs(Permission.MANAGE_TEAM),
    "console_deactivate": needs(Permission.MANAGE_TEAM),
    "console_access": needs(Permission.MANAGE_TEAM, Permission.INVITE),
    "console_workstations": needs(Permission.MANAGE_WORKSTATIONS),
    "console_workstation_revoke": needs(Permission.MANAGE_WORKSTATIONS),
    "console_mailbox": needs(Permission.MANAGE_MAILBOX),
    "console_fetch": needs(Permission.MANAGE_MAILBOX),
    "console_probe": needs(Permission.MANAGE_MAILBOX),
    "console_mailbox_new": needs(Permission.MANAGE_MAILBOX),
    "console_mailbox_search": needs(Permission.MANAGE_MAILBOX),
    "console_mailbox_settings": needs(Permission.MANAGE_MAILBOX),
    "console_mailbox_credentials": needs(Permission.MANAGE_MAILBOX),
    "console_mailbox_pause": needs(Permission.MANAGE_MAILBOX),
    "console_mailbox_resume": needs(Permission.MANAGE_MAILBOX),
    "console_statistics": needs(Permission.READ_STATISTICS),
    "console_journal": needs(Permission.READ_JOURNAL),
    "console_journal_export": needs(Permission.READ_JOURNAL),
    "console_hours": needs(Permission.MANAGE_PHARMACY),
    "console_form": needs(Permission.MANAGE_PHARMACY),
    "console_form_open": needs(Permission.MANAGE_PHARMACY),
    "console_form_close": needs(Permission.MANAGE_PHARMACY),
    "console_templates": needs(Permission.MANAGE_TEMPLATES),
    "console_template_new": needs(Permission.MANAGE_TEMPLATES),
    "console_templates_approve": needs(Permission.MANAGE_TEMPLATES),
    "console_template": needs(Permission.MANAGE_TEMPLATES),
    "console_template_delete": needs(Permission.MANAGE_TEMPLATES),
    "console_transfer": needs(Permission.TRANSFER_RESPONSIBILITY),
}
# The content host: signed links alone, no session.
CONTENT_HOST = {
    "content_page": PUBLIC,
    "content_file": PUBLIC,
    "content_original": PUBLIC,
    "content_submitted": PUBLIC,
    "content_unread": PUBLIC,
}
# No host of any pharmacy.
NO_HOST = {"healthz": PUBLIC}
# The demonstration alone: what its pharmacies' hosts have besides, and its front page.
DEMO_HOST = TEAM_HOST | {"demo_enter": PUBLIC, "demo_tour": MEMBER, "demo_leave": MEMBER}
DEMO_HOME = {"healthz": PUBLIC, "demo_home": PUBLIC, "demo_act": PUBLIC}
