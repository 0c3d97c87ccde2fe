"""Run a real Postfix with mutual TLS that delivers to Dovecot and writes DSNs: an operator's SMTP side."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from ssl import PEM_cert_to_DER_cert

from sandbox.authority import KeyPair
from sandbox.people import PATIENTS
from tests.servers.dovecot import Dovecot
from tests.servers.processes import answers, find, free_port, missing, unprivileged_user, wait_until

MAIN = """
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {base}/postfix.log
maillog_file_prefixes = {base}
myhostname = operateur.localhost
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
message_size_limit = 31457280
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{base}/etc/mailboxes
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = texthash:{base}/etc/transport
virtual_mailbox_base = {mail}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_cert_file = {base}/etc/server.pem
smtpd_tls_key_file = {base}/etc/server.key
smtpd_tls_CAfile = {base}/etc/ca.pem
smtpd_tls_received_header = yes
smtpd_tls_fingerprint_digest = sha256
relay_clientcerts = texthash:{base}/etc/clients
smtpd_relay_restrictions = permit_tls_clientcerts, reject
smtpd_sender_restrictions = check_ccert_access texthash:{base}/etc/clients, reject
default_transport = error:5.7.1 outside the trust space
"""
TLS_OPTIONS = "-o smtpd_tls_security_level=encrypt -o smtpd_tls_req_ccert=yes"
MASTER = """
127.0.0.1:{implicit} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes {tls}
127.0.0.1:{starttls} inet n - n - - smtpd {tls}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running Postfix; `starttls` and `implicit` are its submission ports."""

    folder: Path
    starttls: int
    implicit: int

    @property
    def log(self) -> str:
        """What it has logged."""
        path = self.folder / "postfix.log"
        return path.read_text() if path.exists() else ""


def why_not() -> str:
    """Why Postfix cannot run here: the packages to install, or nothing."""
    lacking = missing(("postfix", "postfix"))
    return lacking or ("" if os.getuid() == 0 else "postfix must be started by root")


@contextmanager
def running_postfix(
    folder: Path, dovecot: Dovecot, mailboxes: list[str], clients: list[KeyPair]
) -> Iterator[Postfix]:
    """Postfix in `folder` for the holders of `clients`, delivering `mailboxes` to `dovecot`."""
    postfix = Postfix(folder / "postfix", free_port(), free_port())
    _write(postfix, dovecot, mailboxes, clients)
    command = [str(find("postfix")), "-c", str(postfix.folder / "etc")]
    subprocess.run([*command, "start"], check=True, capture_output=True, timeout=30)
    try:
        wait_until(lambda: answers(postfix.implicit) and answers(postfix.starttls), "postfix")
        yield postfix
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True, timeout=30)


def _write(postfix: Postfix, dovecot: Dovecot, mailboxes: list[str], clients: list[KeyPair]) -> None:
    base, etc = postfix.folder, postfix.folder / "etc"
    for name in ("etc", "queue", "data"):
        (base / name).mkdir(parents=True)
    subprocess.run(["chown", "postfix", str(base / "data")], check=True)
    pair = dovecot.authority.server()
    user, group = unprivileged_user()
    domains = sorted({box.rpartition("@")[2] for box in mailboxes})
    files = {
        "server.pem": pair.certificate,
        "server.key": pair.key,
        "ca.pem": dovecot.authority.trust,
        "mailboxes": "".join(f"{box} {box}/\n" for box in mailboxes).encode(),
        # What LMTP takes counts as relayed; what Postfix puts in a Maildir, as delivered (RFC 3464 2.3.3).
        "transport": f"{PATIENTS} virtual:\n".encode(),
        "clients": "".join(f"{_fingerprint(client)} OK\n" for client in clients).encode(),
        "main.cf": MAIN.format(
            base=base,
            domains=", ".join(domains),
            lmtp=dovecot.lmtp,
            mail=dovecot.folder / "mail",
            uid=pwd.getpwnam(user).pw_uid,
            gid=grp.getgrnam(group).gr_gid,
        ).encode(),
        "master.cf": MASTER.format(
            implicit=postfix.implicit, starttls=postfix.starttls, tls=TLS_OPTIONS
        ).encode(),
    }
    for name, content in files.items():
        (etc / name).write_bytes(content)


def _fingerprint(client: KeyPair) -> str:
    digest = sha256(PEM_cert_to_DER_cert(client.certificate.decode())).hexdigest().upper()
    return ":".join(digest[start : start + 2] for start in range(0, len(digest), 2))
