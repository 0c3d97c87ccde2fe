"""Try a mailbox's connection in the worker, which alone can open its credentials, and keep what was found."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from cryptography import x509
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from portal.audit.actions import record
from portal.audit.events import Event
from portal.lib.ids import uuid7
from portal.mail.discovery import Place, Servers, find_servers
from portal.mail.endpoint import Security as Start
from portal.mail.faults import Code, TransportFault
from portal.mail.walk import STEPS, Finding, Side, Step, StepState, Walk, name_of, walk_reading, walk_sending
from portal.mail.wire import Limits
from portal.mailboxes.actions import database_now
from portal.mailboxes.changing import try_again
from portal.mailboxes.connections import imap_settings, smtp_settings
from portal.mailboxes.credentials import open_credentials
from portal.mailboxes.models import Mailbox, Probe, ProbeState
from portal.team.models import User
from portal.vault.keys import NoPrivateKey, Unopenable
from tenants.wakeups import wake

logger = logging.getLogger(__name__)

WAKE_PROBE = "probe"
# A person waits in front of the screen: shorter than for mail.
LIMITS = Limits(connect=10.0, idle=15.0, command=20.0, final=20.0)
# A try that is not over by then died with its worker: the next one starts it again.
PATIENCE = timedelta(minutes=4)
END = "-----END X509 CRL-----"


def ask_probe(mailbox: Mailbox, *, by: User) -> Probe:
    """Have the connection of this mailbox tried by the worker; one that is under way already is kept."""
    with transaction.atomic():
        now = database_now()
        probe, _ = Probe.objects.select_for_update().get_or_create(
            mailbox=mailbox, defaults={"id": uuid7(), "asked_at": now, "asked_by": by}
        )
        if not is_under_way(probe, now=now) or probe.state == ProbeState.ASKED:
            probe.state, probe.asked_by, probe.asked_at = ProbeState.ASKED, by, now
            probe.begun_at, probe.done_at, probe.findings, probe.works = None, None, [], False
            probe.save(
                update_fields=["state", "asked_by", "asked_at", "begun_at", "done_at", "findings", "works"]
            )
        wake(WAKE_PROBE, now)
        record(Event.MAILBOX_TEST, by=by, on=("mailbox", mailbox.pk))
    return probe


def ask_servers(domain: str, *, by: User) -> Probe:
    """Have the servers of this domain looked for in the DNS; what was looked for before is forgotten."""
    with transaction.atomic():
        now = database_now()
        Probe.objects.filter(mailbox=None).delete()
        probe = Probe.objects.create(domain=domain.lower(), asked_at=now, asked_by=by)
        wake(WAKE_PROBE, now)
    return probe


def servers_of(probe: Probe) -> Servers:
    """What was found of a domain."""
    places = {
        str(found["side"]): Place(found["host"], found["port"], Start(found["security"]))
        for found in probe.findings
        if "host" in found
    }
    return Servers(places.get(Side.READING), places.get(Side.SENDING))


def is_under_way(probe: Probe, *, now: datetime) -> bool:
    """Whether it is worth waiting for."""
    return probe.state != ProbeState.DONE and now - (probe.begun_at or probe.asked_at) < PATIENCE


def run_due() -> None:
    """Do what was asked for. A try that died with its worker is done again.

    One that breaks off by a fault of ours is over, with what it had found: the next time it would do so again,
    and others wait behind it.

    Raises:
        NoPrivateKey: this process cannot open credentials.
    """
    for probe in _claim():
        try:
            _do(probe)
        except NoPrivateKey:
            raise
        except Exception:
            logger.exception("probe %s broke off", probe.pk)
            finish(probe)


def findings_of(probe: Probe) -> list[Finding]:
    """What was found, in the order in which it was tried."""
    return [_read(each) for each in probe.findings]


def is_whole(probe: Probe) -> bool:
    """Whether a mailbox's try came to its end: every step of both sides was told."""
    every = sum(len(steps) for steps in STEPS.values())
    return probe.state == ProbeState.DONE and len(probe.findings) == every


def worked(probe: Probe, side: Side) -> bool:
    """Whether every step of this side works."""
    found = [finding for finding in findings_of(probe) if finding.side is side]
    return bool(found) and all(finding.state is StepState.OK for finding in found)


def _claim() -> list[Probe]:
    with transaction.atomic():
        now = database_now()
        due = Probe.objects.filter(
            Q(state=ProbeState.ASKED) | Q(state=ProbeState.RUNNING, begun_at__lte=now - PATIENCE)
        )
        mine = list(due.select_for_update(skip_locked=True, of=("self",)).select_related("mailbox"))
        for probe in mine:
            probe.state, probe.begun_at, probe.findings = ProbeState.RUNNING, now, []
            probe.save(update_fields=["state", "begun_at", "findings"])
        if mine:
            wake(WAKE_PROBE, now + PATIENCE)
    return mine


def _do(probe: Probe) -> None:
    if probe.mailbox is not None:
        _try(probe, probe.mailbox)
    else:
        _look_up(probe)


def _try(probe: Probe, mailbox: Mailbox) -> None:
    def tell(finding: Finding) -> None:
        probe.findings.append(_written(finding))
        keep_findings(probe)

    _walk(Side.READING, tell, lambda: _read_through(mailbox, tell))
    _walk(Side.SENDING, tell, lambda: _send_through(mailbox, tell))
    own = _own_certificate(mailbox)
    for found in probe.findings:
        at_tls = found["step"] == Step.TLS and found["state"] != StepState.NOT_REACHED
        if at_tls or found["code"] == Code.TLS_CLIENT_CERTIFICATE:  # some servers want it at sign-in only
            found["facts"] |= own
    finish(probe, lambda: _tell_result(probe, mailbox))


def _tell_result(probe: Probe, mailbox: Mailbox) -> None:
    """What stood in the way and does no more need not wait for its next turn."""
    if (mailbox.fetch_fault or mailbox.send_fault) and all(worked(probe, side) for side in Side):
        try_again(mailbox)
    results = " ".join(f"{side}={_result(probe, side)}" for side in Side)
    record(Event.MAILBOX_TESTED, by=None, on=("mailbox", mailbox.pk), detail=results)


def keep_findings(probe: Probe) -> None:
    """What was found so far, unless another worker has taken it over."""
    mine = Probe.objects.filter(pk=probe.pk, begun_at=probe.begun_at, state=ProbeState.RUNNING)
    mine.update(findings=probe.findings)


def finish(probe: Probe, then: Callable[[], object] | None = None) -> None:
    """It is over; `then` writes what belongs to it, last, in the same transaction."""
    with transaction.atomic():
        mine = Probe.objects.filter(pk=probe.pk, begun_at=probe.begun_at, state=ProbeState.RUNNING)
        works = all(worked(probe, side) for side in Side) if probe.mailbox_id else False
        if mine.update(findings=probe.findings, works=works, state=ProbeState.DONE, done_at=Now()) and then:
            then()


def _walk(side: Side, tell: Callable[[Finding], None], go: Callable[[], None]) -> None:
    """Settings that cannot be read stop it before the first step that needs them."""
    try:
        go()
    except TransportFault as fault:
        Walk(side, tell).failed(fault)


def _read_through(mailbox: Mailbox, tell: Callable[[Finding], None]) -> None:
    walk_reading(replace(imap_settings(mailbox), limits=LIMITS), tell)


def _send_through(mailbox: Mailbox, tell: Callable[[Finding], None]) -> None:
    walk_sending(replace(smtp_settings(mailbox), limits=LIMITS), tell, address=mailbox.address)


def _look_up(probe: Probe) -> None:
    try:
        found = find_servers(probe.domain, resolver=settings.DNS_RESOLVER)
    except TransportFault as fault:
        probe.findings = [{"code": fault.code}]
    else:
        places = {Side.READING: found.reading, Side.SENDING: found.sending}
        probe.findings = [
            {"side": side, "host": place.host, "port": place.port, "security": place.security}
            for side, place in places.items()
            if place is not None
        ]
    finish(probe)


def _own_certificate(mailbox: Mailbox) -> dict[str, str]:
    """Who issued our own certificate, and until when it holds; `own` says that there is none, or revoked."""
    try:
        credentials = open_credentials(mailbox)
    except Unopenable:
        return {}
    if not credentials.certificate:
        return {"own": "none"}
    try:
        leaf = x509.load_pem_x509_certificate(credentials.certificate.encode())
        listed = _is_listed(leaf, mailbox.crl_pem)
    except ValueError:  # the walk itself says what is illegible
        return {}
    known = {"own_issuer": name_of(leaf.issuer), "own_until": leaf.not_valid_after_utc.date().isoformat()}
    return known | ({"own": "revoked"} if listed else {})


def _is_listed(certificate: x509.Certificate, crl_pem: str) -> bool:
    """Whether the revocation list at hand names it: many servers refuse it without saying why."""
    blocks = [block + END for block in crl_pem.split(END)[:-1]]
    lists = [x509.load_pem_x509_crl(block.encode()) for block in blocks]
    return any(
        each.issuer == certificate.issuer
        and each.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
        for each in lists
    )


def _result(probe: Probe, side: Side) -> str:
    failed = [each for each in findings_of(probe) if each.side is side and each.state is StepState.FAILED]
    return str(failed[0].code) if failed else "ok"


def _written(finding: Finding) -> dict[str, object]:
    return {
        "side": finding.side,
        "step": finding.step,
        "state": finding.state,
        "code": finding.code or "",
        "when": finding.when.isoformat() if finding.when else "",
        "facts": dict(finding.facts),
    }


def _read(stored: dict[str, Any]) -> Finding:
    return Finding(
        Side(stored["side"]),
        Step(stored["step"]),
        StepState(stored["state"]),
        Code(stored["code"]) if stored["code"] else None,
        date.fromisoformat(stored["when"]) if stored["when"] else None,
        dict(stored["facts"]),
    )
