"""A browser without JavaScript that talks to a running portal over HTTP, by the hosts of a pharmacy."""

from __future__ import annotations

import http.client
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
INPUT = re.compile(r'<input[^>]*type="hidden"[^>]*>')
NAME, VALUE = re.compile(r'name="([^"]*)"'), re.compile(r'value="([^"]*)"')


@dataclass(frozen=True)
class Page:
    """One answer, redirects not followed."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def hidden(self, *, within: str = "") -> dict[str, str]:
        """The hidden fields of the form that posts to `within` (of the page, when empty)."""
        text = self.text
        if within:
            start = text.index(f'action="{within}"')
            text = text[start : text.index("</form>", start)]
        found = ((NAME.search(tag), _value(tag)) for tag in INPUT.findall(text))
        return {name[1]: value for name, value in found if name}

    def links(self, pattern: str) -> list[str]:
        """What stands between quotes and matches, in order, once each."""
        return list(dict.fromkeys(unescape(found) for found in re.findall(f'"({pattern})"', self.text)))


@dataclass
class Visitor:
    """Someone at a keyboard. `port` is the running portal's; cookies are kept for each host."""

    port: int
    host: str
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[Page] = field(default_factory=list)

    def get(self, url: str) -> Page:
        return self._ask("GET", url)

    def post(self, url: str, fields: Mapping[str, str | list[str]], *, token_from: str = "") -> Page:
        """Post a form, with the CSRF token of the page at `token_from` (the form's own page, when empty)."""
        token = TOKEN.search(self.get(token_from or url).text)
        data = dict(fields) | ({"csrfmiddlewaretoken": token[1]} if token else {})
        return self._ask(
            "POST", url, urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
        )

    def post_file(
        self, url: str, fields: Mapping[str, str], *, name: str, file: tuple[str, bytes], token_from: str
    ) -> Page:
        token = TOKEN.search(self.get(token_from).text)
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in {**fields, "csrfmiddlewaretoken": token[1] if token else ""}.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file[0]}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + file[1])
        body = b"".join(parts) + f"\r\n--{boundary}--\r\n".encode()
        return self._ask("POST", url, body, f"multipart/form-data; boundary={boundary}")

    def _ask(self, method: str, url: str, body: bytes | None = None, kind: str = "") -> Page:
        parts = urlsplit(url)
        host = parts.hostname or self.host
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        jar = self.cookies.setdefault(host, {})
        headers = {"Host": f"{host}:{self.port}", "Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())}
        if body is not None:
            headers |= {"Content-Type": kind, "Origin": f"http://{host}:{self.port}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            page = Page(answer.status, url, dict(answer.getheaders()), answer.read())
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                jar[name] = value.strip('"')
        finally:
            connection.close()
        self.seen.append(page)
        return page


def _value(tag: str) -> str:
    found = VALUE.search(tag)
    return unescape(found[1]) if found else ""
