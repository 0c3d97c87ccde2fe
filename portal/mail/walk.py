"""Go through both connections of a mailbox step by step, and tell of each step whether it works."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import NameOID

from portal.mail.endpoint import Stage
from portal.mail.faults import Code, TransportFault
from portal.mail.imap import ImapSettings, open_mailbox
from portal.mail.smtp import SmtpSettings, Submission
from portal.mail.wire import Wire


class Side(StrEnum):
    """Which of the two connections."""

    READING = "reading"
    SENDING = "sending"


class Step(StrEnum):
    """One thing that must work before the next can be tried."""

    NAME = "name"
    REACH = "reach"
    TLS = "tls"
    LOGIN = "login"
    FOLDERS = "folders"
    SUBMISSION = "submission"


class StepState(StrEnum):
    OK = "ok"
    FAILED = "failed"
    NOT_REACHED = "not-reached"


STEPS = {
    Side.READING: (Step.NAME, Step.REACH, Step.TLS, Step.LOGIN, Step.FOLDERS),
    Side.SENDING: (Step.NAME, Step.REACH, Step.TLS, Step.LOGIN, Step.SUBMISSION),
}
# Where a fault belongs whenever it shows: TLS 1.3 and some servers refuse our certificate later than at TLS.
_AT = {
    Code.DNS: Step.NAME,
    Code.SETTINGS_ADDRESS: Step.NAME,
    Code.LOGIN_REFUSED: Step.LOGIN,
    Code.LOGIN_UNSUPPORTED: Step.LOGIN,
    Code.FOLDER_MISSING: Step.FOLDERS,
}
_AT_TLS = ("tls-", "starttls-", "settings-trust", "settings-certificate")


@dataclass(frozen=True)
class Finding:
    """What is known of one step. `facts` are codes, dates and names of authorities: nothing secret, no banner."""

    side: Side
    step: Step
    state: StepState
    code: Code | None = None
    when: date | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


Tell = Callable[[Finding], None]


def walk_reading(settings: ImapSettings, tell: Tell) -> None:
    """Every step of reading is told, in order: the folder is opened, nothing in it is touched."""
    walk = Walk(Side.READING, tell)
    try:
        with open_mailbox(settings, watch=walk.watch) as box:
            box.select()
            walk.passed(Step.FOLDERS, sent="yes" if box.has_sent_folder() else "no")
    except TransportFault as fault:
        walk.failed(fault)


def walk_sending(settings: SmtpSettings, tell: Tell, *, address: str) -> None:
    """Every step of sending is told, in order: a message from `address` to itself is announced, never sent."""
    walk = Walk(Side.SENDING, tell)
    try:
        with Submission.connect(settings, watch=walk.watch) as line:
            line.rehearse(sender=address, recipient=address)
            walk.passed(Step.SUBMISSION)
    except TransportFault as fault:
        walk.failed(fault)


class Walk:
    """Which steps are behind, and which are left; each is told once."""

    def __init__(self, side: Side, tell: Tell) -> None:
        self._side = side
        self._tell = tell
        self._left = list(STEPS[side])
        self._stage: Stage | None = None
        self._seen: dict[str, str] = {}

    def watch(self, stage: Stage, wire: Wire) -> None:
        """What a session says as it opens. TLS counts once the server has spoken under it."""
        self._stage = stage
        match stage:
            case Stage.REACHED:
                self.passed(Step.REACH)
            case Stage.SECURED:
                self._seen = _shown_by(wire)
            case Stage.WELCOMED:
                self.passed(Step.TLS, **self._seen)
            case Stage.LOGGED_IN:
                self.passed(Step.LOGIN)

    def passed(self, step: Step, **facts: str) -> None:
        """This step works, and so do those before it."""
        while self._left:
            done = self._left.pop(0)
            told = facts if done is step else self._seen if done is Step.TLS else {}
            self._tell(Finding(self._side, done, StepState.OK, facts=told))
            if done is step:
                return

    def failed(self, fault: TransportFault) -> None:
        """The step at which it stopped, and those that could not be tried."""
        if not self._left:
            return
        step = self._step_of(fault)
        behind, self._left = self._left[: self._left.index(step)], self._left[self._left.index(step) + 1 :]
        for earlier in behind:
            self._tell(Finding(self._side, earlier, self._untold(step)))
        facts = {"alert": _alert(fault)} if fault.code is Code.TLS_CLIENT_CERTIFICATE else {}
        self._tell(Finding(self._side, step, StepState.FAILED, fault.code, fault.when, facts))
        for later in self._left:
            self._tell(Finding(self._side, later, StepState.NOT_REACHED))
        self._left = []

    def _untold(self, step: Step) -> StepState:
        """How the steps before the failed one are: settings that nobody could read were never tried."""
        tried = self._stage is not None or step in (Step.NAME, Step.REACH)
        return StepState.OK if tried else StepState.NOT_REACHED

    def _step_of(self, fault: TransportFault) -> Step:
        named = Step.TLS if fault.code.startswith(_AT_TLS) else _AT.get(fault.code)
        if named in self._left:
            return named
        match self._stage:
            case None:
                reached = Step.REACH
            case Stage.REACHED:
                reached = Step.TLS
            case Stage.SECURED | Stage.WELCOMED:
                reached = Step.LOGIN
            case Stage.LOGGED_IN:
                reached = STEPS[self._side][-1]
        return reached if reached in self._left else self._left[0]


def _shown_by(wire: Wire) -> dict[str, str]:
    """What the server's certificate says, once OpenSSL has accepted it: nothing that we cannot read."""
    if not isinstance(wire.sock, ssl.SSLSocket):
        return {}
    der = wire.sock.getpeercert(binary_form=True)
    if der is None:
        return {}
    seen = {"tls": wire.sock.version() or ""}
    try:
        certificate = x509.load_der_x509_certificate(der)
        issuer, until = name_of(certificate.issuer), certificate.not_valid_after_utc.date()
    except (ValueError, x509.InvalidVersion):
        return seen
    return seen | {"issuer": issuer, "until": until.isoformat()}


def name_of(name: x509.Name) -> str:
    """The common name of an authority, or failing that the organisation, on one short line."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            text = str(attribute.value)
            return "".join(letter if letter.isprintable() else " " for letter in text)[:80]
    return ""


def _alert(fault: TransportFault) -> str:
    """Why our certificate was refused, as far as TLS says it (RFC 8446, 6.2)."""
    for word in ("revoked", "expired", "required"):
        if word in fault.detail:
            return word
    return ""
