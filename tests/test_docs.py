"""Tests that the documents keep up with the code."""

from __future__ import annotations

import re
from pathlib import Path
from unittest import TestCase

CHECKOUT = Path(__file__).resolve().parent.parent
SETTING = re.compile(r"""(?:env\.\w+|keys)\(\s*"([A-Z_]+)\"""")
PINNED = re.compile(r"^([A-Za-z0-9-]+)(?:\[[^\]]*\])?==", re.MULTILINE)
WANTED = re.compile(r"^([A-Za-z][A-Za-z0-9-]*)", re.MULTILINE)


def read(*parts: str) -> str:
    return CHECKOUT.joinpath(*parts).read_text()


class Documents(TestCase):
    def test_every_setting_is_documented(self) -> None:
        page = read("docs", "configuration.md")
        missing = [
            name
            for name in SETTING.findall(
                read("portal", "settings.py") + read("portal", "clock.py") + read("portal", "asgi.py")
            )
            if f"`{name}`" not in page
        ]
        self.assertEqual(missing, [])

    def test_every_dependency_has_its_line(self) -> None:
        page = read("docs", "dependencies.md").lower()
        asked = {
            name.lower()
            for file in CHECKOUT.glob("requirements*.in")
            for name in WANTED.findall(file.read_text())
        }
        missing = sorted(name for name in asked if f"| {name} " not in page)
        self.assertEqual(missing, [])

    def test_every_requirement_is_locked_with_hashes(self) -> None:
        for file in CHECKOUT.glob("requirements*.txt"):
            blocks = re.split(r"\n(?=[A-Za-z0-9])", file.read_text().strip())
            unhashed = [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block]
            self.assertEqual(unhashed, [], file.name)

    def test_no_host_of_a_package_index_is_in_the_project(self) -> None:
        for file in CHECKOUT.glob("requirements*"):
            self.assertNotRegex(file.read_text(), r"https?://", file.name)

    def test_documents_name_files_that_exist(self) -> None:
        broken = []
        for page in [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")]:
            for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text()):
                if not (page.parent / target).exists():
                    broken.append(f"{page.relative_to(CHECKOUT)}: {target}")
        self.assertEqual(broken, [])
