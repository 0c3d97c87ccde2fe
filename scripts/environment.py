"""Make the virtual environment from the locked, hashed requirements; say what is missing when that cannot be."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
NO_VENV = """\
Cannot make a Python environment here: this Python has no `venv` with pip, and there is no `uv` on the PATH.
Install one of them, then run the same command again:
    Debian, Ubuntu:   sudo apt install python3-venv
    Fedora:           sudo dnf install python3-pip
    anywhere:         pip install --user uv     (or see https://docs.astral.sh/uv/)
"""


class CannotPrepare(Exception):
    """The environment cannot be made; the message says what to install."""


def ensure(requirements: str) -> Path:
    """Bring .venv to what `requirements` locks (nothing is done when it is there already)."""
    if sys.version_info < OLDEST:
        raise CannotPrepare(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}."
        )
    wanted = CHECKOUT / requirements
    marker = VENV / f".installed-{wanted.stem}"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    if PYTHON.exists() and marker.exists() and marker.read_text() == digest:
        return PYTHON
    print(f"Installing {requirements} (locked and hashed) …", flush=True)
    _install(wanted)
    marker.write_text(digest)
    return PYTHON


def _install(wanted: Path) -> None:
    uv = shutil.which("uv")
    if not PYTHON.exists():
        _make_venv(uv)
    if _has_pip():
        command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    elif uv:
        command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    else:
        raise CannotPrepare(NO_VENV)
    done = subprocess.run([*command, "--require-hashes", "-r", str(wanted)], check=False)
    if done.returncode:
        raise CannotPrepare(f"Installing {wanted.name} failed (see above); nothing was started.")


def _make_venv(uv: str | None) -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    with_venv = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False)
    if with_venv.returncode == 0 and _has_pip():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if (
        uv is None
        or subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)]).returncode
    ):
        raise CannotPrepare(NO_VENV)


def _has_pip() -> bool:
    if not PYTHON.exists():
        return False
    return (
        subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False).returncode
        == 0
    )


def enter(requirements: str) -> None:
    """Go on as the environment's own Python (this call returns only there)."""
    python = ensure(requirements)
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(python, [str(python), *sys.argv])
