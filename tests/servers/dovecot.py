"""Run a real Dovecot with mutual TLS: the IMAP side of an operator, and LMTP for Postfix to deliver by."""

from __future__ import annotations

import os
import smtplib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.authority import Authority
from tests.servers.processes import answers, find, free_port, give_to, missing, unprivileged_user, wait_until

CONFIGURATION = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{base}/mail/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
disable_plaintext_auth = yes
auth_failure_delay = 0 secs
ssl = required
ssl_min_protocol = TLSv1.2
ssl_cert = <{base}/server.pem
ssl_key = <{base}/server.key
ssl_ca = <{base}/ca_crl.pem
ssl_verify_client_cert = yes
ssl_require_crl = yes
auth_ssl_require_client_cert = yes
{login}
userdb {{
  driver = passwd-file
  args = {base}/users
  default_fields = uid={user} gid={group} home={base}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    address = 127.0.0.1
    port = {starttls}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {implicit}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""
BY_PASSWORD = """
auth_mechanisms = plain
passdb {{
  driver = passwd-file
  args = {base}/users
}}
"""
BY_CERTIFICATE = """
auth_mechanisms = external
auth_ssl_username_from_cert = yes
ssl_cert_username_field = commonName
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  mechanisms = external
  args = {base}/nopassword
}}
"""
PASSWORD = "Mot de passe é"


@dataclass(frozen=True)
class Dovecot:
    """A running Dovecot; `starttls` and `implicit` are its IMAP ports."""

    authority: Authority
    folder: Path
    starttls: int
    implicit: int
    lmtp: int

    def deliver(self, mailbox: str, *messages: bytes) -> None:
        """Put messages in a mailbox, by LMTP."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as session:
            for raw in messages:
                session.sendmail("", [mailbox], raw)


def why_not() -> str:
    """Why Dovecot cannot run here: the packages to install, or nothing."""
    return missing(
        ("dovecot", "dovecot-imapd"),
        ("/usr/lib/dovecot/imap", "dovecot-imapd"),
        ("/usr/lib/dovecot/lmtp", "dovecot-lmtpd"),
        ("setpriv", "util-linux"),
    )


@contextmanager
def running_dovecot(
    folder: Path, authority: Authority, mailboxes: list[str], *, by_certificate: bool = False
) -> Iterator[Dovecot]:
    """Dovecot in `folder` for `mailboxes`: a certificate and PASSWORD open them, or the certificate alone."""
    base = folder / "dovecot"
    dovecot = Dovecot(authority, base, free_port(), free_port(), free_port())
    user, group = unprivileged_user()
    _write(base, dovecot, mailboxes, BY_CERTIFICATE if by_certificate else BY_PASSWORD, user, group)
    process = subprocess.Popen(
        [*_as(user, group), str(find("dovecot")), "-F", "-c", str(base / "dovecot.conf")]
    )
    try:
        wait_until(lambda: all(map(answers, (dovecot.implicit, dovecot.starttls, dovecot.lmtp))), "dovecot")
        yield dovecot
    finally:
        process.terminate()
        process.wait(10)


def _write(base: Path, dovecot: Dovecot, mailboxes: list[str], login: str, user: str, group: str) -> None:
    for name in ("run", "state", "mail"):
        (base / name).mkdir(parents=True)
    pair = dovecot.authority.server()
    (base / "server.pem").write_bytes(pair.certificate)
    (base / "server.key").write_bytes(pair.key)
    (base / "ca_crl.pem").write_bytes(dovecot.authority.trust + dovecot.authority.crl)
    (base / "users").write_text("".join(f"{box}:{{PLAIN}}{PASSWORD}::::::\n" for box in mailboxes))
    (base / "nopassword").write_text("".join(f"{box}:::::::nopassword\n" for box in mailboxes))
    text = CONFIGURATION.format(
        base=base,
        user=user,
        group=group,
        login=login.format(base=base),
        implicit=dovecot.implicit,
        starttls=dovecot.starttls,
        lmtp=dovecot.lmtp,
    )
    (base / "dovecot.conf").write_text(text)
    give_to(user, base)


def _as(user: str, group: str) -> list[str]:
    if os.getuid() != 0:
        return []
    return [str(find("setpriv")), f"--reuid={user}", f"--regid={group}", "--clear-groups"]
