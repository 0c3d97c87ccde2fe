#!/usr/bin/env python3
"""The commands of a development machine: demo, test, check and the like. Standard library only.

`make <command>` calls `python3 scripts/dev.py <command>`; where make is absent, call it yourself.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT))

from scripts import environment  # noqa: E402

DEMO, TEST, BROWSER = "requirements-demo.txt", "requirements-test.txt", "requirements-browser.txt"


def main() -> int:
    command, *arguments = sys.argv[1:] or ["help"]
    if command not in COMMANDS:
        print(f"Unknown command {command!r}.\n")
        command = "help"
    try:
        return COMMANDS[command](arguments)
    except environment.CannotPrepare as error:
        print(error, file=sys.stderr)
        return 1


def run_demo(arguments: list[str]) -> int:
    """start the whole product with two pharmacies and a week of mail"""
    environment.enter(DEMO)
    from scripts import demo

    return demo.start(detach=os.environ.get("DETACH") == "1")


def run_stop(arguments: list[str]) -> int:
    """stop the demo"""
    environment.enter(DEMO)
    from scripts import demo

    return demo.stop()


def run_tour(arguments: list[str]) -> int:
    """play a prescription's whole way against the demo, with times, and pictures where Chromium is"""
    environment.enter(DEMO)
    if _chromium():
        environment.ensure(BROWSER)
    from scripts import tour

    return tour.run(CHECKOUT / "screenshots")


def run_patient(arguments: list[str]) -> int:
    """write to Pharmacie du Soleil as a patient (FILE=…), or read what was answered (no FILE)"""
    return _correspond("patient", arguments)


def run_doctor(arguments: list[str]) -> int:
    """write to Pharmacie du Soleil as a doctor (FILE=…, or XDM=1: a prescription), or read what was answered"""
    return _correspond("doctor", ["xdm"] if os.environ.get("XDM") else arguments)


def run_notices(arguments: list[str]) -> int:
    """read the e-mails and text messages that the demo sent to people (invitations, alerts, "an answer awaits you")"""
    environment.enter(DEMO)
    from scripts import demo

    return _python("-m", "sandbox.ordinary", "--state", str(demo.sandbox_folder()))


def run_test(arguments: list[str]) -> int:
    """run the tests; what needs Dovecot, Postfix or Chromium is skipped where they are missing"""
    environment.enter(TEST)
    if _chromium():
        environment.ensure(BROWSER)
    alone = any(argument.startswith(("-n", "-x", "tests/")) for argument in arguments)
    # One more than there are cores, for many tests wait for a process or a time limit. Who is done takes tests from
    # the others: those of one folder may be slower than all the rest.
    workers = (
        [] if alone else ["-n", str(min((os.cpu_count() or 1) + 1, MOST_WORKERS)), "--dist", "worksteal"]
    )
    return _python("-m", "pytest", *workers, *(arguments or ["tests"]))


def run_check(arguments: list[str]) -> int:
    """lint, types, layers, migrations and documents, in seconds"""
    environment.enter(TEST)
    # The types' plugin reads the settings; it opens nothing.
    os.environ.setdefault("SECRET_KEY", "only-for-types")
    os.environ.setdefault("DATABASE_URL", "postgres://nobody:nothing@127.0.0.1/none")
    steps = (
        ("ruff", ["-m", "ruff", "check", "."]),
        ("format", ["-m", "ruff", "format", "--check", "--quiet", "."]),
        ("types", ["-m", "mypy"]),
        ("house", ["-m", "pytest", "tests/test_layers.py", "tests/test_docs.py", "tests/test_migrations.py"]),
    )
    return 1 if [name for name, step in steps if not _passed(name, step)] else 0


def run_migrate(arguments: list[str]) -> int:
    """migrate public and the pharmacies that lag (DATABASE_OWNER_URL)"""
    environment.enter(DEMO)
    return _python("manage.py", "migrate", *arguments)


def run_bench(arguments: list[str]) -> int:
    """measure speed and memory, with the floor beside each figure"""
    environment.enter(TEST)
    return _python("-m", "bench", *arguments)


def run_screenshots(arguments: list[str]) -> int:
    """take pictures of the main screens at 1440, 768 and 390 px (needs Chromium)"""
    environment.enter(TEST)
    environment.ensure(BROWSER)
    os.environ.setdefault("SCREENSHOTS", str(CHECKOUT / "screenshots"))
    return _python("-m", "pytest", "tests/journeys/test_screens.py", *arguments)


def run_journeys(arguments: list[str]) -> int:
    """run the browser and mail-server journeys alone"""
    environment.enter(TEST)
    environment.ensure(BROWSER)
    return _python("-m", "pytest", "tests/journeys", *arguments)


def run_help(arguments: list[str]) -> int:
    """show this list"""
    print("python3 scripts/dev.py COMMAND\n")
    for name, function in COMMANDS.items():
        print(f"  {name:<12} {function.__doc__}")
    return 0


MOST_WORKERS = 4  # each has a database, and journeys of its own

COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "demo": run_demo,
    "stop": run_stop,
    "tour": run_tour,
    "patient": run_patient,
    "doctor": run_doctor,
    "notices": run_notices,
    "test": run_test,
    "check": run_check,
    "migrate": run_migrate,
    "bench": run_bench,
    "screenshots": run_screenshots,
    "journeys": run_journeys,
    "help": run_help,
}


def _python(*arguments: str) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=CHECKOUT, check=False).returncode


def _passed(name: str, step: list[str]) -> bool:
    code = _python(*step)
    print(f"{name:<8} {'ok' if code == 0 else 'FAILED'}", flush=True)
    return code == 0


def _chromium() -> bool:
    return any(Path(folder, "chromium").exists() for folder in os.environ.get("PATH", "").split(os.pathsep))


def _correspond(who: str, arguments: list[str]) -> int:
    environment.enter(DEMO)
    from scripts import demo

    file = os.environ.get("FILE", "")
    writes = bool(file or arguments) and arguments != ["xdm"]
    action = ["send", *([file] if file else []), *arguments] if writes else arguments or ["read"]
    return _python("-m", f"sandbox.{who}", "--state", str(demo.sandbox_folder()), *action)


if __name__ == "__main__":
    sys.exit(main())
