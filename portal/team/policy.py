"""Who may do what: role by permission, and what the responsible person may besides."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from portal.team.models import PHARMACISTS, Role

if TYPE_CHECKING:
    from portal.team.models import User


class Permission(StrEnum):
    """One thing that somebody may be allowed to do; its meaning is in docs/permissions.md."""

    READ = "read"
    ASSIGN = "assign"
    FINISH = "finish"
    WAIT = "wait"
    LABEL = "label"
    MERGE = "merge"
    REPLY = "reply"
    COMPOSE = "compose"
    SEND = "send"
    SEND_TEMPLATE = "send-template"
    SUBMIT = "submit"
    APPROVE = "approve"
    NOTE = "note"
    PREPARE = "prepare"
    CONTROL = "control"
    HAND_OVER = "hand-over"
    SIGN_HANDOVER = "sign-handover"
    CLOSE_EXCHANGE = "close-exchange"
    DOWNLOAD_ORIGINAL = "download-original"
    BLOCK_SENDER = "block-sender"
    RESOLVE_UNCERTAIN = "resolve-uncertain"
    DISMISS_QUARANTINE = "dismiss-quarantine"
    INVITE = "invite"
    MANAGE_TEAM = "manage-team"
    MANAGE_MAILBOX = "manage-mailbox"
    MANAGE_PHARMACY = "manage-pharmacy"
    MANAGE_TEMPLATES = "manage-templates"
    MANAGE_ANSWERS = "manage-answers"
    MANAGE_LABELS = "manage-labels"
    MANAGE_ALERTS = "manage-alerts"
    MANAGE_WORKSTATIONS = "manage-workstations"
    READ_JOURNAL = "read-journal"
    READ_STATISTICS = "read-statistics"
    TRANSFER_RESPONSIBILITY = "transfer-responsibility"


EVERYONE = frozenset(
    {
        Permission.READ,
        Permission.ASSIGN,
        Permission.FINISH,
        Permission.WAIT,
        Permission.LABEL,
        Permission.REPLY,
        Permission.COMPOSE,
        Permission.SEND_TEMPLATE,
        Permission.SUBMIT,
        Permission.NOTE,
        Permission.PREPARE,
        Permission.HAND_OVER,
    }
)
# Who answers for the counter towards the next; a student works beside one who does.
PREPARATEUR = EVERYONE | {Permission.SIGN_HANDOVER, Permission.MERGE}
PHARMACIST = PREPARATEUR | {
    Permission.SEND,
    Permission.APPROVE,
    Permission.CLOSE_EXCHANGE,
    Permission.CONTROL,
    Permission.DOWNLOAD_ORIGINAL,
    Permission.BLOCK_SENDER,
    Permission.RESOLVE_UNCERTAIN,
    Permission.DISMISS_QUARANTINE,
}
# The console: one person answers for the BAL, whatever the role.
RESPONSIBLE = frozenset(
    {
        Permission.INVITE,
        Permission.MANAGE_TEAM,
        Permission.MANAGE_MAILBOX,
        Permission.MANAGE_PHARMACY,
        Permission.MANAGE_TEMPLATES,
        Permission.MANAGE_ANSWERS,
        Permission.MANAGE_LABELS,
        Permission.MANAGE_ALERTS,
        Permission.MANAGE_WORKSTATIONS,
        Permission.READ_JOURNAL,
        Permission.READ_STATISTICS,
        Permission.TRANSFER_RESPONSIBILITY,
    }
)
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.PREPARATEUR: PREPARATEUR,
    Role.ETUDIANT: EVERYONE,
} | dict.fromkeys(PHARMACISTS, PHARMACIST)


def allows(user: User, permission: Permission) -> bool:
    """Whether this person may do this. An unknown role may do nothing."""
    if permission in GRANTS.get(Role(user.role), frozenset()):
        return True
    return permission in RESPONSIBLE and user.is_responsible
