"""Start the whole product on one machine: servers, web, events, worker, clock, and the stand-in operator."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.embedded import CHECKOUT, Broker, CannotStart, Postgres, free_port, locked, state_folder
from scripts.processes import Group

DATABASE = "officinal"
WAIT_SECONDS = 60
PORTS = {
    "web": 8000,
    "events": 8050,
    "broker": 6390,
    "imap": 10993,
    "imap-starttls": 10143,
    "smtp": 10465,
    "smtp-starttls": 10587,
    "notices": 10466,
    "texts": 10467,
}


@dataclass(frozen=True)
class Places:
    """Where the demo keeps its things and listens."""

    folder: Path
    ports: dict[str, int]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.ports['web']}"


def folder() -> Path:
    return state_folder() / "demo"


def sandbox_folder() -> Path:
    return folder() / "sandbox"


def address() -> str:
    """Where the running demo is, such as `http://localhost:8000`; empty when none runs."""
    if _supervisor() is None or not (folder() / "welcome").exists():
        return ""
    found = re.search(r"http://localhost:\d+", (folder() / "welcome").read_text())
    return found[0] if found else ""


def start(*, detach: bool) -> int:
    """Start everything and stay until Ctrl-C; with `detach`, go on in the background until `stop`."""
    folder().mkdir(parents=True, exist_ok=True)
    if (running := _supervisor()) is not None:
        print(f"The demo runs already (process {running}). `make stop` stops it.")
        print((folder() / "welcome").read_text())
        return 0
    if detach:
        return _start_detached()
    return _supervise(lambda text: print(text, flush=True))


def stop() -> int:
    process = _supervisor()
    if process is None:
        print("The demo is not running.")
        return 0
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + WAIT_SECONDS
    while _supervisor() is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    print("The demo has stopped; its mail and its database are kept.")
    return 0


# --- One run ------------------------------------------------------------------------------------------------


def _supervise(say: Callable[[str], None]) -> int:
    began = time.monotonic()
    (folder() / "welcome").unlink(missing_ok=True)
    (folder() / "supervisor.pid").write_text(str(os.getpid()))
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, _interrupt)
    group = Group(folder() / "logs", CHECKOUT)
    postgres = Postgres(folder() / "postgres")
    try:
        places = _start_all(group, postgres, say)
        welcome = _welcome(places)
        (folder() / "welcome").write_text(welcome)
        say(f"Ready after {time.monotonic() - began:.0f} s.\n\n{welcome}")
        return _watch(group)
    except KeyboardInterrupt:
        return 0
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say("Stopping …")
        group.stop()
        postgres.stop()
        (folder() / "supervisor.pid").unlink(missing_ok=True)


def _start_all(group: Group, postgres: Postgres, say: Callable[[str], None]) -> Places:
    say("Starting PostgreSQL, broker and the stand-in operator …")
    places = Places(folder(), _free_ports())
    server = postgres.start(5433)
    postgres.ensure_database(server, DATABASE)
    broker = Broker(folder() / "broker")
    env = _environment(places, broker.url(places.ports["broker"]))
    env |= {
        "DATABASE_URL": server.url("portal_login", DATABASE),
        "DATABASE_OWNER_URL": server.url("portal_owner", DATABASE),
    }
    group.start("broker", broker.command(places.ports["broker"]), os.environ)
    _once(env, "-m", "sandbox.week", "--state", str(sandbox_folder()))
    operator = [
        argument
        for name in ("imap", "imap-starttls", "smtp", "smtp-starttls", "notices", "texts")
        for argument in (f"--{name}", str(places.ports[name]))
    ]
    group.start(
        "operator", [sys.executable, "-m", "sandbox", "--state", str(sandbox_folder()), *operator], env
    )
    say("Migrating and preparing two pharmacies with a week of mail …")
    worker = env | _worker_secrets()
    _once(env, "manage.py", "migrate", "--verbosity", "0")
    _once(env, "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    _once(
        worker,
        "manage.py",
        "seed_demo",
        "--sandbox",
        str(sandbox_folder()),
        "--ports",
        json.dumps(places.ports),
    )
    _start_portal(group, places, {key: env[key] for key in env if key != "DATABASE_OWNER_URL"}, worker)
    _wait_for(f"http://127.0.0.1:{places.ports['web']}/healthz", group)
    return places


def _start_portal(group: Group, places: Places, web: dict[str, str], worker: dict[str, str]) -> None:
    bind = f"127.0.0.1:{places.ports['web']}"
    gunicorn = ["-m", "gunicorn", "portal.wsgi:application", "--bind", bind, "--workers", "1"]
    threads = ["--worker-class", "gthread", "--threads", "8", "--no-control-socket", "--preload"]
    group.start("web", [sys.executable, *gunicorn, *threads], web)
    events = ["-m", "gunicorn", "portal.asgi:application", "--bind", f"127.0.0.1:{places.ports['events']}"]
    # Streams never end by themselves: there is nothing to wait for when it is stopped.
    shape = ["--worker-class", "asgi", "--graceful-timeout", "1", "--no-control-socket", "--preload"]
    group.start("events", [sys.executable, *events, *shape], _of_events(web, bind))
    celery = [sys.executable, "-m", "celery", "-A"]
    queues = ["-Q", "default,inbound,outbound", "-c", "2", "--without-gossip", "--without-mingle"]
    group.start("worker", [*celery, "portal.celery", "worker", *queues, "--loglevel", "WARNING"], worker)
    schedule = str(folder() / "clock-schedule")
    pidfile = ["--pidfile", "", "--schedule", schedule, "--loglevel", "WARNING"]
    group.start("clock", [*celery, "portal.clock", "beat", *pidfile], web)


def _of_events(web: dict[str, str], pages: str) -> dict[str, str]:
    """It reads nothing sealed, so it is given no key."""
    return {name: value for name, value in web.items() if name not in _secrets()} | {"PAGES": pages}


def _watch(group: Group) -> int:
    while True:
        time.sleep(0.5)
        if (dead := group.dead()) is not None:
            print(f"{dead.name} stopped by itself; its last words:\n{group.tail(dead.name)}", file=sys.stderr)
            return 1


# --- What they are told -------------------------------------------------------------------------------------


def _environment(places: Places, broker_url: str) -> dict[str, str]:
    """For web and clock: no private half of the transport key, so that they cannot read a mailbox's secrets."""
    kept = _secrets()
    return os.environ | {
        "DEMO": "1",
        "DEMO_FOLDER": str(places.folder),
        "BIND": f"127.0.0.1:{places.ports['web']}",
        "EVENTS": str(places.ports["events"]),
        "BROKER_URL": broker_url,
        "BLOB_ROOT": str(places.folder / "blobs"),
        "ANCHOR_FILE": str(places.folder / "anchors.jsonl"),
        "STATIC_ROOT": str(places.folder / "static"),
        "FETCH_SECONDS": "3",
        "OPERATORS_FILE": str(_operators_file(places)),
        "NOTICE_SMTP_HOST": "localhost",
        "NOTICE_SMTP_PORT": str(places.ports["notices"]),
        "NOTICE_SMTP_CA": str(sandbox_folder() / "pki" / "ca.pem"),
        "NOTICE_FROM": "Officinal <ne-pas-repondre@officinal.example>",
        **_texts(places),
        **{name: kept[name] for name in ("SECRET_KEY", "VAULT_KEY", "TRANSPORT_PUBLIC_KEY")},
    }


def _texts(places: Places) -> dict[str, str]:
    """The provider of text messages that the sandbox has."""
    from sandbox.texts import BODY, PATH

    return {
        "SMS_URL": f"https://localhost:{places.ports['texts']}{PATH}",
        "SMS_BODY": json.dumps(BODY),
        "SMS_CA": str(sandbox_folder() / "pki" / "ca.pem"),
    }


def _operators_file(places: Places) -> Path:
    """The stand-in operator as one to choose in the console, with its authority."""
    path = places.folder / "operators.toml"
    servers = (
        f'{side} = {{ host = "localhost", port = {places.ports[side]}, security = "implicit" }}'
        for side in ("imap", "smtp")
    )
    lines = (
        "[[operator]]",
        'name = "Opérateur du bac à sable"',
        'note = "Il n’existe que sur cette machine. Certificats : dossier sandbox/pki de la démonstration."',
        'trust = "sandbox/pki/ca.pem"',
        'crl = "sandbox/pki/crl.pem"',
        *servers,
    )
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _worker_secrets() -> dict[str, str]:
    from sandbox.texts import HEADERS

    kept = _secrets()
    own = {name: kept[name] for name in ("TRANSPORT_PRIVATE_KEY", "ANCHOR_KEY")}
    return own | {"SMS_HEADERS": json.dumps(HEADERS)}


def _secrets() -> dict[str, str]:
    path = folder() / "secrets.json"
    if not path.exists():
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        private = X25519PrivateKey.generate()
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "VAULT_KEY": _base64(secrets.token_bytes(32)),
            "ANCHOR_KEY": _base64(secrets.token_bytes(32)),
            "TRANSPORT_PRIVATE_KEY": _base64(private.private_bytes_raw()),
            "TRANSPORT_PUBLIC_KEY": _base64(private.public_key().public_bytes_raw()),
        }
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(made, out)
    found: dict[str, str] = json.loads(path.read_text())
    return found


def _base64(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


def _free_ports() -> dict[str, int]:
    ports: dict[str, int] = {}
    for name, wanted in PORTS.items():
        ports[name] = free_port(wanted, busy=set(ports.values()))
    return ports


def _once(env: dict[str, str], *arguments: str) -> None:
    """Run one of our own programs to its end."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotStart(f"{' '.join(arguments[:2])} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


def _wait_for(url: str, group: Group) -> None:
    def answers() -> bool:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  (our own loopback address)
            return True

    _wait_until(answers, url, group)


def _wait_for_port(port: int, group: Group) -> None:
    def listens() -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True

    _wait_until(listens, f"port {port}", group)


def _wait_until(there: Callable[[], bool], what: str, group: Group) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if (dead := group.dead()) is not None:
            raise CannotStart(f"{dead.name} did not start:\n{group.tail(dead.name)}")
        try:
            if there():
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise CannotStart(f"{what} did not answer within {WAIT_SECONDS} s")


def _welcome(places: Places) -> str:
    port = places.ports["web"]
    people = json.loads((folder() / "people.json").read_text())
    rows = "\n".join(
        f"    {row['pharmacy']:<22} {row['name']:<18} {row['role']:<24} {row['sign_in']}" for row in people
    )
    return f"""\
    Begin here             {places.url}       everybody one click away, and a tour of two minutes
    Pharmacie du Soleil    http://soleil.localhost:{port}/equipe/
    Pharmacie de la Gare   http://gare.localhost:{port}/equipe/
    (a browser finds *.localhost by itself; elsewhere: curl --resolve, or -H 'Host: soleil.localhost')

  Who can sign in (by hand too: the password and the one-time code are on the page):
{rows}

    make patient FILE=photo.jpg     a patient of Mon espace santé writes to Pharmacie du Soleil
    make doctor FILE=lettre.pdf     a doctor writes; without FILE both read what was answered
    make doctor XDM=1               a doctor sends a prescription as structured health mail
    make notices                    the e-mails and SMS that told somebody something, without content
    logs: {folder() / "logs"}

  Ctrl-C (or `make stop`) stops everything; the mail is kept.
"""


# --- In the background --------------------------------------------------------------------------------------


def _start_detached() -> int:
    with locked(folder() / "detach.lock"):
        log = folder() / "supervisor.log"
        (folder() / "welcome").unlink(missing_ok=True)
        env = {key: value for key, value in os.environ.items() if key != "DETACH"}
        command = [sys.executable, str(CHECKOUT / "scripts" / "dev.py"), "demo"]
        with log.open("wb") as out:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=env
            )
        while child.poll() is None and not (folder() / "welcome").exists():
            time.sleep(0.1)
        print(log.read_text())
        return child.returncode or 0


def _supervisor() -> int | None:
    """The process that runs the demo, if it lives and is one of ours."""
    try:
        process = int((folder() / "supervisor.pid").read_text())
        os.kill(process, 0)
        command = Path(f"/proc/{process}/cmdline")
        if command.exists() and b"dev.py" not in command.read_bytes():
            return None
    except (OSError, ValueError):
        return None
    return process


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
