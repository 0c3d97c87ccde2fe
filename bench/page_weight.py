"""How many bytes a page brings over the wire, compressed as a proxy does."""

from __future__ import annotations

import gzip
import re

from bench.web import Answer, Visitor

LEVEL = 6  # what nginx is usually told
WOFF2 = re.compile(r"""url\(["']?([^"')]+\.woff2)""")


def first_load(visitor: Visitor, path: str) -> int:
    """The page and all that it names, with an empty cache; of a style sheet's fonts the first one, as latin needs."""
    page = visitor.get(path)
    text = page.sent.decode()
    names = dict.fromkeys(re.findall(r'(?:src|href)="(/static/[^"#?]+)', text))
    total = weight(page)
    for name in names:
        file = visitor.get(name, Accept_Encoding="gzip")
        total += weight(file)
        if name.endswith(".css"):
            total += _fonts(visitor, name, file, set(names))
    return total


def later_move(visitor: Visitor, path: str) -> int:
    """What htmx asks for when somebody goes on."""
    return weight(visitor.get(path, HX_Request="true"))


def weight(answer: Answer) -> int:
    """Bytes of the body; what came uncompressed and is text, as the proxy sends it on."""
    if answer.headers.get("Content-Encoding") or not _is_text(answer):
        return len(answer.sent)
    return len(gzip.compress(answer.sent, LEVEL))


def _is_text(answer: Answer) -> bool:
    kind = answer.headers.get("Content-Type", "")
    return kind.startswith("text/") or "javascript" in kind or "svg" in kind


def _fonts(visitor: Visitor, sheet: str, file: Answer, known: set[str]) -> int:
    """Those that the page did not name itself, as what is to be loaded first."""
    encoded = file.headers.get("Content-Encoding") == "gzip"
    text = (gzip.decompress(file.sent) if encoded else file.sent).decode()
    folder = sheet.rpartition("/")[0]
    fonts = {_joined(folder, name) for name in WOFF2.findall(text) if "-ext" not in name}
    return sum(weight(visitor.get(font)) for font in fonts - known)


def _joined(folder: str, name: str) -> str:
    if name.startswith("/"):
        return name
    while name.startswith("../"):
        folder, name = folder.rpartition("/")[0], name.removeprefix("../")
    return f"{folder}/{name}"
