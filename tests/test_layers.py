"""Tests that packages import downwards only, and that HTTP, Celery and IMAP stay in their rooms (architecture, 3)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unittest import TestCase

CHECKOUT = Path(__file__).resolve().parent.parent

# From the top down. Packages on one line may import each other.
LAYERS = [
    {
        "portal.settings",
        "portal.urls",
        "portal.urls_public",
        "portal.urls_content",
        "portal.urls_demo",
        "portal.urls_demo_home",
        "portal.celery",
        "portal.clock",
        "portal.wsgi",
        "portal.asgi",
    },
    {"portal.web"},
    {"portal.inbound", "portal.intake", "portal.handover", "portal.records", "portal.lgo"},
    {"portal.prescriptions"},
    {"portal.outbound", "portal.notices"},
    {"portal.conversations"},
    {"portal.house", "portal.patients", "portal.mailboxes", "portal.directory"},
    {"portal.team"},
    {"portal.audit"},
    {"portal.documents", "portal.mail", "portal.vault", "portal.lib", "portal.live", "portal.logs"},
    {"tenants"},
]
# Who alone may import what (a path ending, or a folder).
ROOMS = {
    "django.http": ("portal/web/", "tenants/middleware.py"),
    "celery": ("/tasks.py", "/celery.py", "portal/clock.py"),
    "imaplib": ("portal/mail/",),
    "imapclient": ("portal/mail/",),
    "smtplib": ("portal/mail/",),
}
NO_DJANGO = ("portal/mail/", "portal/live/", "portal/lib/told.py", "portal/asgi.py")


@cache
def sources() -> list[tuple[str, ast.Module]]:
    return [
        (path.relative_to(CHECKOUT).as_posix(), ast.parse(path.read_text()))
        for folder in ("portal", "tenants")
        for path in sorted((CHECKOUT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that a file names, those under TYPE_CHECKING too: a type is a dependency."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(module: str) -> int | None:
    """The layer of a dotted name; None for what is not ours."""
    for number, packages in enumerate(LAYERS):
        if any(module == package or module.startswith(package + ".") for package in packages):
            return number
    return None


class Layers(TestCase):
    def test_a_package_imports_downwards_only(self) -> None:
        upwards = []
        for path, tree in sources():
            here = layer_of(path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
            if here is None:
                continue
            for module in imports(tree):
                there = layer_of(module)
                if there is not None and there < here:
                    upwards.append(f"{path} imports {module}")
        self.assertEqual(upwards, [])

    def test_http_celery_and_mail_protocols_stay_in_their_rooms(self) -> None:
        strays = []
        for path, tree in sources():
            for module in imports(tree):
                for package, rooms in ROOMS.items():
                    inside = module == package or module.startswith(package + ".")
                    if inside and not any(path.startswith(room) or path.endswith(room) for room in rooms):
                        strays.append(f"{path} imports {module}")
        self.assertEqual(strays, [])

    def test_mail_and_events_know_no_django(self) -> None:
        strays = [
            f"{path} imports {module}"
            for path, tree in sources()
            if path.startswith(NO_DJANGO)
            for module in imports(tree)
            if module.split(".")[0] == "django"
        ]
        self.assertEqual(strays, [])

    def test_every_package_of_the_house_has_its_layer(self) -> None:
        homeless = [
            f"portal.{path.name}"
            for path in (CHECKOUT / "portal").iterdir()
            if path.is_dir() and (path / "__init__.py").exists() and layer_of(f"portal.{path.name}") is None
        ]
        self.assertEqual(homeless, [])


class Sizes(TestCase):
    """No file over 400 lines, no function over 60: what hurts is mended before it grows."""

    def test_no_file_is_over_400_lines(self) -> None:
        long = [path for path, _ in sources() if (CHECKOUT / path).read_text().count("\n") > 400]
        self.assertEqual(long, [])

    def test_no_function_is_over_60_lines(self) -> None:
        long = [
            f"{path}: {node.name}"
            for path, tree in sources()
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or 0) - node.lineno >= 60
        ]
        self.assertEqual(long, [])

    def test_no_template_is_over_150_lines(self) -> None:
        long = [
            path.relative_to(CHECKOUT).as_posix()
            for path in (CHECKOUT / "templates").rglob("*.html")
            if path.read_text().count("\n") > 150
        ]
        self.assertEqual(long, [])
