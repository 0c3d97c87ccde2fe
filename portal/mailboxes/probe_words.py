"""What a try of the connection found, in French: what works, and otherwise whom to call and what to change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.mail.faults import Code, cause, remedy
from portal.mail.walk import STEPS, Finding, Side, Step, StepState
from portal.mailboxes.models import Mailbox

NBSP = "\N{NO-BREAK SPACE}"
SOON = 30  # days left under which a certificate is to be renewed
SIDES = {Side.READING: "Réception (IMAP)", Side.SENDING: "Envoi (SMTP)"}
LABELS = {
    Step.NAME: "Nom du serveur",
    Step.REACH: "Connexion au serveur",
    Step.TLS: "Chiffrement et certificats",
    Step.LOGIN: "Identification",
    Step.FOLDERS: "Dossiers",
    Step.SUBMISSION: "Dépôt d’un message",
}
_THEM = "l’assistance de votre opérateur MSSanté"
_CALL, _THEN_CALL = f"Appelez {_THEM}", f"appelez {_THEM}"
_REMEDIES = {
    Code.DNS: "Corrigez le nom du serveur dans les réglages, tel que l’opérateur l’a donné.",
    Code.REFUSED: f"Vérifiez le port. S’il est juste, le service est arrêté{NBSP}: {_THEN_CALL}.",
    Code.TIMEOUT: "Vérifiez le nom et le port. S’ils sont justes, un pare-feu bloque peut-être. "
    "Appelez l’hébergeur d’Officinal, puis l’opérateur.",
    Code.CLOSED: f"Vérifiez le port et le type de chiffrement. S’ils sont justes, {_THEN_CALL}.",
    Code.THROTTLED: f"Attendez une minute et recommencez. Si cela dure, {_THEN_CALL}.",
    Code.DEFERRED: f"Recommencez dans un quart d’heure. Si cela dure, {_THEN_CALL}.",
    Code.PROTOCOL: f"Vérifiez que ce port est bien celui de ce service. S’il est juste, {_THEN_CALL}.",
    Code.REJECTED: f"{_CALL}{NBSP}: le dépôt de messages n’est peut-être pas ouvert pour cette BAL.",
    Code.LOGIN_REFUSED: "Saisissez à nouveau l’identifiant et le mot de passe. L’opérateur sait s’ils ont changé.",
    Code.TLS_EXPIRED: f"{_CALL}{NBSP}: c’est à lui de renouveler ce certificat.",
    Code.TLS_CHAIN: "Vérifiez le nom du serveur, puis chargez la chaîne de l’IGC-Santé dans les réglages.",
}
_OWN = {
    "none": (
        "L’opérateur demande un certificat, et la BAL n’en a aucun ici.",
        "Chargez le certificat d’organisation (IGC-Santé) de la pharmacie dans les identifiants.",
    ),
    "expired": (
        "Le certificat de la pharmacie a expiré.",
        "Demandez-en un nouveau à l’ANS (IGC-Santé), puis chargez-le dans les identifiants.",
    ),
    "revoked": (
        "Le certificat de la pharmacie a été révoqué.",
        "Demandez-en un nouveau à l’ANS (IGC-Santé), puis chargez-le dans les identifiants.",
    ),
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step; `todo` is empty where nothing is to be done."""

    label: str
    state: StepState
    line: str
    todo: str = ""
    soon: bool = False


@dataclass(frozen=True, slots=True)
class ShownSide:
    """One of the two connections, with where it goes."""

    title: str
    server: str
    steps: tuple[ShownStep, ...]
    works: bool


def shown_sides(mailbox: Mailbox, findings: list[Finding], *, today: date) -> tuple[ShownSide, ...]:
    """Both connections; a step that was not tried yet is not there."""
    return tuple(_side(side, mailbox, findings, today) for side in Side)


def _side(side: Side, mailbox: Mailbox, findings: list[Finding], today: date) -> ShownSide:
    where = (
        (mailbox.imap_host, mailbox.imap_port)
        if side is Side.READING
        else (mailbox.smtp_host, mailbox.smtp_port)
    )
    found = [finding for finding in findings if finding.side is side]
    works = [finding.step for finding in found if finding.state is StepState.OK] == list(STEPS[side])
    steps = tuple(_step(finding, mailbox, where, today) for finding in found)
    return ShownSide(SIDES[side], f"{where[0]}:{where[1]}", steps, works)


def _step(finding: Finding, mailbox: Mailbox, where: tuple[str, int], today: date) -> ShownStep:
    label = LABELS[finding.step]
    if finding.state is StepState.NOT_REACHED:
        return ShownStep(label, finding.state, "Pas essayé, à cause de l’étape en échec.")
    if finding.state is StepState.FAILED and finding.code is not None:
        line, todo = _failure(finding, finding.code, today)
        return ShownStep(label, finding.state, line, todo)
    line, todo = _success(finding, mailbox, where, today)
    return ShownStep(label, finding.state, line, todo, soon=bool(todo))


def _failure(finding: Finding, code: Code, today: date) -> tuple[str, str]:
    if code is Code.TLS_CLIENT_CERTIFICATE:
        return _own_refused(finding, today)
    return cause(code, when=finding.when), _REMEDIES.get(code) or remedy(code)


def _own_refused(finding: Finding, today: date) -> tuple[str, str]:
    """Why the operator refuses our certificate, from its dates and from what TLS said."""
    until = _date(finding, "own_until")
    own = finding.facts.get("own", "")
    if own in _OWN:
        return _OWN[own]
    if until and until < today:
        return f"Le certificat de la pharmacie a expiré le {until:%d/%m/%Y}.", _OWN["expired"][1]
    known = _OWN.get(finding.facts.get("alert", ""))
    return known or (
        "L’opérateur n’accepte pas le certificat de la pharmacie.",
        f"Vérifiez que c’est bien celui de cette BAL. S’il l’est, {_THEN_CALL}.",
    )


def _success(finding: Finding, mailbox: Mailbox, where: tuple[str, int], today: date) -> tuple[str, str]:
    match finding.step:
        case Step.NAME:
            return f"{where[0]} est connu.", ""
        case Step.REACH:
            return f"Le serveur répond sur le port {where[1]}.", ""
        case Step.TLS:
            return _certificates(finding, today)
        case Step.LOGIN:
            return f"L’opérateur reconnaît {mailbox.address}.", ""
        case Step.FOLDERS:
            sent = "présent" if finding.facts.get("sent") == "yes" else "absent, sans importance"
            return (
                f"Le dossier {mailbox.folder} s’ouvre{NBSP}; dossier des envois chez l’opérateur{NBSP}: {sent}.",
                "",
            )
        case Step.SUBMISSION:
            return "L’opérateur accepterait un message. Rien n’a été envoyé.", ""


def _certificates(finding: Finding, today: date) -> tuple[str, str]:
    """The server's certificate and ours: who issued it, until when, how many days are left."""
    lines = [f"{finding.facts.get('tls', 'TLS').replace('TLSv', f'TLS{NBSP}')}."]
    todo = ""
    theirs, ours = _date(finding, "until"), _date(finding, "own_until")
    if theirs:
        lines.append(f"Certificat du serveur{_by(finding, 'issuer')}, {_until(theirs, today)}.")
    if ours:
        lines.append(f"Certificat de la pharmacie{_by(finding, 'own_issuer')}, {_until(ours, today)}.")
        if (ours - today).days < SOON:
            todo = "Demandez dès maintenant un nouveau certificat à l’ANS (IGC-Santé)."
    return " ".join(lines), todo


def _by(finding: Finding, name: str) -> str:
    issuer = finding.facts.get(name, "")
    return f" émis par «{NBSP}{issuer}{NBSP}»" if issuer else ""


def _until(day: date, today: date) -> str:
    left = (day - today).days
    if left < 0:
        return f"expiré le {day:%d/%m/%Y}"
    return f"valable jusqu’au {day:%d/%m/%Y} ({left}{NBSP}jour{'s' if left > 1 else ''})"


def _date(finding: Finding, name: str) -> date | None:
    text = finding.facts.get(name, "")
    return date.fromisoformat(text) if text else None
